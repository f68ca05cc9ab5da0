{#- A source column, cast to a type of the models; null if the column does not exist. -#}
{% macro column_as(column, kind) -%}
    {%- if column is none -%}
        cast(null as {{ intercom_export.type_of(kind) }})
    {%- elif kind == 'timestamp' -%}
        {{ intercom_export.utc_timestamp(column.quoted, column.type) }}
    {%- elif kind == 'json' -%}
        {{ intercom_export.json_text(column.quoted, column.type) }}
    {%- elif kind == 'number' and intercom_export.is_text(column.type) -%}
        {{ intercom_export.number_or_null(column.quoted) }}
    {%- else -%}
        cast({{ column.quoted }} as {{ intercom_export.type_of(kind) }})
    {%- endif -%}
{%- endmacro %}


{#- Whether a column type is a text type in any database. -#}
{% macro is_text(type) -%}
    {{ return('char' in type or 'text' in type or 'string' in type) }}
{%- endmacro %}


{#- The database's type for a type of the models. -#}
{% macro type_of(kind) -%}
    {%- if kind == 'timestamp' -%} {{ dbt.type_timestamp() }}
    {%- elif kind == 'integer' -%} {{ dbt.type_bigint() }}
    {%- elif kind == 'number' -%} {{ intercom_export.type_double() }}
    {%- elif kind == 'boolean' -%} {{ dbt.type_boolean() }}
    {%- else -%} {{ dbt.type_string() }}
    {%- endif -%}
{%- endmacro %}


{% macro type_double() -%} {{ return(adapter.dispatch('type_double', 'intercom_export')()) }} {%- endmacro %}
{% macro default__type_double() -%} double precision {%- endmacro %}
{% macro bigquery__type_double() -%} float64 {%- endmacro %}
{% macro duckdb__type_double() -%} double {%- endmacro %}
{% macro snowflake__type_double() -%} double {%- endmacro %}
{% macro spark__type_double() -%} double {%- endmacro %}


{#- A time in UTC. Targets write times without a time zone in UTC; others are converted. -#}
{% macro utc_timestamp(expression, type) -%}
    {{ return(adapter.dispatch('utc_timestamp', 'intercom_export')(expression, type)) }}
{%- endmacro %}

{% macro default__utc_timestamp(expression, type) -%}
    {%- if type == 'timestamptz' or ('with time zone' in type) -%}
        ({{ expression }} at time zone 'UTC')
    {%- else -%}
        cast({{ expression }} as {{ dbt.type_timestamp() }})
    {%- endif -%}
{%- endmacro %}

{% macro snowflake__utc_timestamp(expression, type) -%}
    {%- if 'tz' in type and 'ntz' not in type -%}
        cast(convert_timezone('UTC', {{ expression }}) as {{ dbt.type_timestamp() }})
    {%- else -%}
        cast({{ expression }} as {{ dbt.type_timestamp() }})
    {%- endif -%}
{%- endmacro %}

{#- Spark's timestamps are instants, and the time zone of the session must be UTC. -#}
{% macro spark__utc_timestamp(expression, type) -%}
    cast({{ expression }} as {{ dbt.type_timestamp() }})
{%- endmacro %}

{#- BigQuery's TIMESTAMP is an instant; a text or DATETIME without a time zone is read as UTC. -#}
{% macro bigquery__utc_timestamp(expression, type) -%}
    cast({{ expression }} as {{ dbt.type_timestamp() }})
{%- endmacro %}


{#- A JSON column as text. -#}
{% macro json_text(expression, type) -%}
    {{ return(adapter.dispatch('json_text', 'intercom_export')(expression, type)) }}
{%- endmacro %}

{% macro default__json_text(expression, type) -%}
    cast({{ expression }} as {{ dbt.type_string() }})
{%- endmacro %}

{% macro bigquery__json_text(expression, type) -%}
    {%- if intercom_export.is_text(type) -%} {{ expression }} {%- else -%} to_json_string({{ expression }}) {%- endif -%}
{%- endmacro %}

{% macro snowflake__json_text(expression, type) -%}
    {%- if intercom_export.is_text(type) -%} {{ expression }} {%- else -%} to_json({{ expression }}) {%- endif -%}
{%- endmacro %}

{% macro redshift__json_text(expression, type) -%}
    {%- if intercom_export.is_text(type) -%} {{ expression }} {%- else -%} json_serialize({{ expression }}) {%- endif -%}
{%- endmacro %}


{#- A text as a number; null if it is not a number. -#}
{% macro number_or_null(expression) -%}
    {{ return(adapter.dispatch('number_or_null', 'intercom_export')(expression)) }}
{%- endmacro %}

{% macro default__number_or_null(expression) -%}
    case
        when {{ expression }} ~ '^-?[0-9]+([.][0-9]+)?$'
            then cast({{ expression }} as {{ intercom_export.type_double() }})
    end
{%- endmacro %}

{% macro duckdb__number_or_null(expression) -%}
    case
        when regexp_full_match({{ expression }}, '-?[0-9]+([.][0-9]+)?')
            then try_cast({{ expression }} as double)
    end
{%- endmacro %}

{% macro snowflake__number_or_null(expression) -%}
    case
        when regexp_like({{ expression }}, '-?[0-9]+([.][0-9]+)?')
            then try_to_double({{ expression }})
    end
{%- endmacro %}

{% macro bigquery__number_or_null(expression) -%}
    case
        when regexp_contains({{ expression }}, r'^-?[0-9]+([.][0-9]+)?$')
            then safe_cast({{ expression }} as float64)
    end
{%- endmacro %}

{% macro spark__number_or_null(expression) -%}
    case
        when {{ expression }} rlike '^-?[0-9]+([.][0-9]+)?$'
            then try_cast({{ expression }} as double)
    end
{%- endmacro %}


{#- The n-th part of a text, counted from 1; empty or null if there are fewer parts. -#}
{% macro nth_part(text, delimiter, number) -%}
    {{ return(adapter.dispatch('nth_part', 'intercom_export')(text, delimiter, number)) }}
{%- endmacro %}

{% macro default__nth_part(text, delimiter, number) -%}
    {{ dbt.split_part(text, "'" ~ delimiter ~ "'", number) }}
{%- endmacro %}

{#- dbt.split_part fails in Spark if the text has fewer parts. -#}
{% macro spark__nth_part(text, delimiter, number) -%}
    split_part({{ text }}, '{{ delimiter }}', {{ number }})
{%- endmacro %}
