{#- Selects one stream from all schemas, with typed columns and the latest row of each key. A missing
    table has no rows, and a missing column is null. -#}
{% macro stage(declared_source, key, columns, renamed={}) -%}
    {%- set tables = intercom_export.source_tables(declared_source) if execute else [] -%}
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
            ) as latest_first
        from loaded
    )

    select
        source_relation,
        {%- for name in columns %}
        {{ renamed.get(name, name) }}{{ "," if not loop.last }}
        {%- endfor %}
    from ranked
    where latest_first = 1
{%- endmacro %}


{#- The existing tables of a stream: the relation, its columns by lower-case name, and an expression
    for the workspace of a row. -#}
{% macro source_tables(declared_source) -%}
    {%- set configured = var('intercom_export_schema') -%}
    {%- set schemas = [configured] if configured is string else configured -%}
    {%- set found = [] -%}
    {%- for schema in schemas if declared_source.identifier not in var('intercom_export_skip_streams') -%}
        {%- set relation = adapter.get_relation(declared_source.database, schema, declared_source.identifier) -%}
        {%- if relation is not none -%}
            {%- set columns = {} -%}
            {%- for column in adapter.get_columns_in_relation(relation) -%}
                {%- do columns.update({column.name | lower: {
                    'quoted': adapter.quote(column.name), 'type': column.dtype | lower
                }}) -%}
            {%- endfor -%}
            {%- set literal = "cast('" ~ schema ~ "' as " ~ dbt.type_string() ~ ")" -%}
            {#- the tap's setting `workspace` adds a column to every record -#}
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


{#- The load time, by which the latest row of a key is found if the target appends. -#}
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
