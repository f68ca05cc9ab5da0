{#- Reads one stream from every schema: typed, the latest row by key. A table or a column that does
    not exist gives no rows or nulls. -#}
{% macro stage(declared, key, columns, renamed={}) -%}
    {%- set tables = intercom_export.source_tables(declared) if execute else [] -%}
    with loaded as (
    {%- for table in tables %}
        select
            {{ table.source_relation }} as source_relation,
            {%- for name, kind in columns.items() %}
            {{ intercom_export.column_as(table.columns.get(name), kind) }} as {{ renamed.get(name, name) }},
            {%- endfor %}
            {{ intercom_export.loaded_order(table.columns) }} as loaded_order
        from {{ table.relation }}
        {%- if '_sdc_deleted_at' in table.columns %}
        where {{ table.columns['_sdc_deleted_at'].quoted }} is null
        {%- endif %}
        {%- if not loop.last %}
        union all
        {%- endif %}
    {%- else %}
        select
            cast(null as {{ dbt.type_string() }}) as source_relation,
            {%- for name, kind in columns.items() %}
            {{ intercom_export.column_as(none, kind) }} as {{ renamed.get(name, name) }},
            {%- endfor %}
            cast(null as {{ dbt.type_timestamp() }}) as loaded_order
        limit 0
    {%- endfor %}
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by source_relation{% for name in key %}, {{ renamed.get(name, name) }}{% endfor %}
                order by loaded_order desc
            ) as newest_first
        from loaded
    )

    select
        source_relation,
        {%- for name in columns %}
        {{ renamed.get(name, name) }}{{ "," if not loop.last }}
        {%- endfor %}
    from ranked
    where newest_first = 1
{%- endmacro %}


{#- The existing tables of a stream: of each the relation, its columns by lower-case name, and an
    expression for what tells workspaces apart. -#}
{% macro source_tables(declared) -%}
    {%- set configured = var('intercom_export_schema') -%}
    {%- set schemas = [configured] if configured is string else configured -%}
    {%- set found = [] -%}
    {%- for schema in schemas if declared.identifier not in var('intercom_export_skip_streams') -%}
        {%- set relation = adapter.get_relation(declared.database, schema, declared.identifier) -%}
        {%- if relation is not none -%}
            {%- set columns = {} -%}
            {%- for column in adapter.get_columns_in_relation(relation) -%}
                {%- do columns.update({column.name | lower: {
                    'quoted': adapter.quote(column.name), 'type': column.dtype | lower
                }}) -%}
            {%- endfor -%}
            {%- set literal = "cast('" ~ schema ~ "' as " ~ dbt.type_string() ~ ")" -%}
            {#- the tap's setting `workspace` puts a column into every record -#}
            {%- set workspace = columns.get('workspace') -%}
            {%- do found.append({
                'relation': relation,
                'columns': columns,
                'source_relation': 'coalesce(' ~ workspace.quoted ~ ', ' ~ literal ~ ')'
                    if workspace else literal,
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{#- What tells which of several rows of a key was loaded last, where the target appends. -#}
{% macro loaded_order(columns) -%}
    {%- set names = ['_sdc_extracted_at', '_sdc_batched_at', '_sdc_received_at'] -%}
    {%- for name in names if name in columns -%}
        {%- if loop.first -%}
            {{ intercom_export.column_as(columns[name], 'timestamp') }}
        {%- endif -%}
    {%- else -%}
        cast(null as {{ dbt.type_timestamp() }})
    {%- endfor -%}
{%- endmacro %}
