{#- The day of a time in the time zone of the variable intercom_export_timezone. -#}
{% macro local_day(expression) -%}
    {%- set zone = var('intercom_export_timezone') -%}
    {%- if zone == 'UTC' -%}
        cast({{ expression }} as date)
    {%- else -%}
        {{ adapter.dispatch('local_day', 'intercom_export')(expression, zone) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__local_day(expression, zone) -%}
    cast({{ expression }} at time zone 'UTC' at time zone '{{ zone }}' as date)
{%- endmacro %}

{% macro snowflake__local_day(expression, zone) -%}
    cast(convert_timezone('UTC', '{{ zone }}', {{ expression }}) as date)
{%- endmacro %}

{% macro redshift__local_day(expression, zone) -%}
    cast(convert_timezone('UTC', '{{ zone }}', {{ expression }}) as date)
{%- endmacro %}

{#- Spark's timestamps are instants, and the time zone of the session must be UTC. -#}
{% macro spark__local_day(expression, zone) -%}
    cast(from_utc_timestamp({{ expression }}, '{{ zone }}') as date)
{%- endmacro %}

{% macro bigquery__local_day(expression, zone) -%}
    date({{ expression }}, '{{ zone }}')
{%- endmacro %}


{#- A time plus a number of seconds or days, which may be negative. The cast is for BigQuery, where
    dateadd returns another type. -#}
{% macro time_plus(datepart, number, expression) -%}
    {{ return(adapter.dispatch('time_plus', 'intercom_export')(datepart, number, expression)) }}
{%- endmacro %}

{% macro default__time_plus(datepart, number, expression) -%}
    cast({{ dbt.dateadd(datepart, number, expression) }} as {{ dbt.type_timestamp() }})
{%- endmacro %}

{#- dbt.dateadd loses fractions of a second in Spark. -#}
{% macro spark__time_plus(datepart, number, expression) -%}
    timestampadd({{ datepart }}, {{ number }}, {{ expression }})
{%- endmacro %}


{#- Seconds from one time to another; null if one of them is null. -#}
{% macro seconds_between(earlier, later) -%}
    {{ return(adapter.dispatch('seconds_between', 'intercom_export')(earlier, later)) }}
{%- endmacro %}

{% macro default__seconds_between(earlier, later) -%}
    {{ dbt.datediff(earlier, later, 'second') }}
{%- endmacro %}

{#- dbt.datediff fails on nulls in Spark. -#}
{% macro spark__seconds_between(earlier, later) -%}
    (unix_timestamp({{ later }}) - unix_timestamp({{ earlier }}))
{%- endmacro %}

{% macro hours_between(earlier, later) -%}
    (cast({{ intercom_export.seconds_between(earlier, later) }} as {{ intercom_export.type_double() }}) / 3600)
{%- endmacro %}


{#- The earliest of several times, ignoring nulls, which least() treats differently in each database. -#}
{% macro earliest_of(expressions) -%}
    {%- set far_future = "cast('9999-01-01' as " ~ dbt.type_timestamp() ~ ")" -%}
    nullif(least(
        {%- for expression in expressions %}
        coalesce({{ expression }}, {{ far_future }}){{ "," if not loop.last }}
        {%- endfor %}
    ), {{ far_future }})
{%- endmacro %}


{#- The latest of several times, ignoring nulls. -#}
{% macro latest_of(expressions) -%}
    {%- set far_past = "cast('1900-01-01' as " ~ dbt.type_timestamp() ~ ")" -%}
    nullif(greatest(
        {%- for expression in expressions %}
        coalesce({{ expression }}, {{ far_past }}){{ "," if not loop.last }}
        {%- endfor %}
    ), {{ far_past }})
{%- endmacro %}


{#- A share between 0 and 1; null if the whole is zero. -#}
{% macro share_of(part, whole) -%}
    cast({{ part }} as {{ intercom_export.type_double() }}) / nullif({{ whole }}, 0)
{%- endmacro %}
