with clicks as (

    select * from {{ ref('stg_intercom__click') }}

),

followed_at_once as (

    select
        one.source_relation,
        one.event_id,
        count(distinct other.url) as links
    from clicks as one
    inner join clicks as other
        on one.source_relation = other.source_relation
        and one.receipt_id = other.receipt_id
        and other.created_at >= {{ intercom_export.time_plus('second', -var('intercom_export_scanner_seconds'), 'one.created_at') }}
        and other.created_at <= {{ intercom_export.time_plus('second', var('intercom_export_scanner_seconds'), 'one.created_at') }}
    group by one.source_relation, one.event_id

)

select
    clicks.source_relation,
    clicks.event_id,
    clicks.receipt_id,
    clicks.created_at as clicked_at,
    clicks.link_type,
    clicks.url,
    followed_at_once.links >= {{ var('intercom_export_scanner_links') }} as is_automated
from clicks
inner join followed_at_once
    on clicks.source_relation = followed_at_once.source_relation
    and clicks.event_id = followed_at_once.event_id
