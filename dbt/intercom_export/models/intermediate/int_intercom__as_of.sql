with workspaces as (

    select distinct source_relation from {{ ref('stg_intercom__receipt') }}

),

exported as (

    select
        source_relation,
        max(created_at_before) as exported_until
    from {{ ref('stg_intercom__content_export') }}
    group by source_relation

),

received as (

    select
        source_relation,
        max(received_at) as received_until
    from {{ ref('stg_intercom__receipt') }}
    group by source_relation

)

select
    workspaces.source_relation,
    {%- if var('intercom_export_as_of') %}
    cast('{{ var("intercom_export_as_of") }}' as {{ dbt.type_timestamp() }}) as as_of
    {%- else %}
    coalesce(exported.exported_until, received.received_until) as as_of
    {%- endif %}
from workspaces
left join exported
    on workspaces.source_relation = exported.source_relation
left join received
    on workspaces.source_relation = received.source_relation
