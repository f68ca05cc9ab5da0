{#- A source column as one of the types of the models; null where it does not exist. -#}
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


{% macro is_text(type) -%}
    {{ return('char' in type or 'text' in type or 'string' in type) }}
{%- endmacro %}


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


{#- Times without a zone are UTC already, as the targets write them; others are brought to UTC. -#}
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

{#- Spark's timestamp is an instant, and its session's time zone has to be UTC -#}
{% macro spark__utc_timestamp(expression, type) -%}
    cast({{ expression }} as {{ dbt.type_timestamp() }})
{%- endmacro %}

{#- BigQuery's TIMESTAMP is an instant, a text or DATETIME without a zone is taken as UTC -#}
{% macro bigquery__utc_timestamp(expression, type) -%}
    cast({{ expression }} as {{ dbt.type_timestamp() }})
{%- endmacro %}


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


{#- A text as a number; null where it is none. -#}
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


{#- The part of a text between two delimiters, counted from 1; "" or null where there is none. -#}
{% macro part_of(text, delimiter, number) -%}
    {{ return(adapter.dispatch('part_of', 'intercom_export')(text, delimiter, number)) }}
{%- endmacro %}

{% macro default__part_of(text, delimiter, number) -%}
    {{ dbt.split_part(text, "'" ~ delimiter ~ "'", number) }}
{%- endmacro %}

{#- dbt's own fails there where the text has fewer parts -#}
{% macro spark__part_of(text, delimiter, number) -%}
    split_part({{ text }}, '{{ delimiter }}', {{ number }})
{%- endmacro %}
