with events as (

    select * from {{ ref('int_intercom__events') }}

),

receipts as (

    select * from {{ ref('stg_intercom__receipt') }}

)

select
    events.source_relation,
    events.receipt_id,
    {%- for entry in intercom_export.message_events() %}
    min(case when events.statistic in ('{{ entry.streams | join("', '") }}') then events.occurred_at end) as {{ entry.column }},
    {%- endfor %}
    min(case when events.statistic = 'automated_click' then events.occurred_at end) as automated_click_at,
    max(case when events.statistic in ('{{ intercom_export.engagement_streams() | join("', '") }}') then events.occurred_at end) as last_engaged_at,
    count(case when events.statistic = 'open' then 1 end) as opens,
    count(case when events.statistic = 'click' then 1 end) as clicks,
    count(case when events.statistic = 'automated_click' then 1 end) as automated_clicks,
    count(case when events.statistic in ('reply', 'keyword_reply') then 1 end) as replies,
    max(
        case when events.statistic = 'automated_click' and events.occurred_at = receipts.first_click then 1 else 0 end
    ) = 1 as is_first_click_automated
from events
inner join receipts
    on events.source_relation = receipts.source_relation
    and events.receipt_id = receipts.receipt_id
group by events.source_relation, events.receipt_id
