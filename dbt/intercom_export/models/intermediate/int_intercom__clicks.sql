with clicks as (

    select * from {{ ref('stg_intercom__click') }}

),

nearby_links as (

    select
        click.source_relation,
        click.event_id,
        count(distinct nearby.url) as links
    from clicks as click
    inner join clicks as nearby
        on click.source_relation = nearby.source_relation
        and click.receipt_id = nearby.receipt_id
        and nearby.created_at >= {{ intercom_export.time_plus('second', -var('intercom_export_scanner_seconds'), 'click.created_at') }}
        and nearby.created_at <= {{ intercom_export.time_plus('second', var('intercom_export_scanner_seconds'), 'click.created_at') }}
    group by click.source_relation, click.event_id

)

select
    clicks.source_relation,
    clicks.event_id,
    clicks.receipt_id,
    clicks.created_at as clicked_at,
    clicks.link_type,
    clicks.url,
    nearby_links.links >= {{ var('intercom_export_scanner_links') }} as is_automated
from clicks
inner join nearby_links
    on clicks.source_relation = nearby_links.source_relation
    and clicks.event_id = nearby_links.event_id
