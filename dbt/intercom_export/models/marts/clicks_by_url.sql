with clicks as (

    select * from {{ ref('int_intercom__clicks') }}

),

messages as (

    select * from {{ ref('messages') }}

),

contents as (

    select * from {{ ref('int_intercom__contents') }}

),

clicks_of_messages as (

    select
        messages.source_relation,
        messages.ruleset_id,
        messages.content_id,
        messages.user_id,
        clicks.receipt_id,
        coalesce(clicks.url, '') as url,
        clicks.link_type,
        clicks.clicked_at,
        clicks.is_automated
    from clicks
    inner join messages
        on clicks.source_relation = messages.source_relation
        and clicks.receipt_id = messages.receipt_id

),

by_url as (

    select
        source_relation,
        ruleset_id,
        content_id,
        url,
        max(link_type) as link_type,
        count(case when not is_automated then 1 end) as clicks,
        count(case when is_automated then 1 end) as automated_clicks,
        count(distinct case when not is_automated then receipt_id end) as messages_clicked,
        count(distinct case when not is_automated then user_id end) as people_clicked,
        min(case when not is_automated then clicked_at end) as first_clicked_at,
        max(case when not is_automated then clicked_at end) as last_clicked_at
    from clicks_of_messages
    group by source_relation, ruleset_id, content_id, url

),

by_content as (

    select
        source_relation,
        ruleset_id,
        content_id,
        count(distinct receipt_id) as messages_clicked
    from clicks_of_messages
    where not is_automated
    group by source_relation, ruleset_id, content_id

)

select
    by_url.source_relation,
    by_url.ruleset_id,
    by_url.content_id,
    by_url.url,
    {{ intercom_export.nth_part(intercom_export.nth_part(intercom_export.nth_part('by_url.url', '//', 2), '/', 1), '?', 1) }} as url_host,
    by_url.link_type,
    contents.content_type,
    contents.content_title,
    contents.variant,
    by_url.clicks,
    by_url.automated_clicks,
    by_url.messages_clicked,
    by_url.people_clicked,
    {{ intercom_export.share_of('by_url.messages_clicked', 'by_content.messages_clicked') }} as share_of_clicked_messages,
    by_url.first_clicked_at,
    by_url.last_clicked_at
from by_url
left join by_content
    on by_url.source_relation = by_content.source_relation
    and by_url.ruleset_id = by_content.ruleset_id
    and by_url.content_id = by_content.content_id
left join contents
    on by_url.source_relation = contents.source_relation
    and by_url.ruleset_id = contents.ruleset_id
    and by_url.content_id = contents.content_id
