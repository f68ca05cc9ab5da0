with receipts as (

    select
        *,
        row_number() over (
            partition by source_relation, ruleset_id, content_id
            order by received_at desc, receipt_id desc
        ) as latest_first
    from {{ ref('stg_intercom__receipt') }}

),

contents as (

    select
        *,
        row_number() over (
            partition by source_relation, ruleset_id order by length(content_id), content_id
        ) as variant_number,
        count(*) over (partition by source_relation, ruleset_id) as variants
    from receipts
    where latest_first = 1

)

select
    source_relation,
    ruleset_id,
    content_id,
    content_type,
    {{ intercom_export.channel_of('content_type') }} as channel,
    content_title,
    series_id,
    series_title,
    node_id,
    variants,
    case
        when variants > 1 then substring('ABCDEFGHIJKLMNOPQRSTUVWXYZ', cast(variant_number as {{ dbt.type_int() }}), 1)
    end as variant
from contents
