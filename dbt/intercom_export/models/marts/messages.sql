with receipts as (

    select * from {{ ref('stg_intercom__receipt') }}

),

events as (

    select * from {{ ref('int_intercom__receipt_events') }}

),

contents as (

    select * from {{ ref('int_intercom__contents') }}

),

{#- first_click may be a click by a link scanner, which the click events show -#}
receipts_and_events as (

    select
        receipts.source_relation,
        receipts.receipt_id,
        receipts.user_id,
        receipts.user_external_id,
        receipts.email,
        nullif({{ intercom_export.nth_part('lower(receipts.email)', '@', 2) }}, '') as email_domain,
        receipts.name,
        receipts.company_id,
        receipts.company_external_id,
        receipts.ruleset_id,
        receipts.ruleset_version_id,
        receipts.content_id,
        receipts.content_type,
        {{ intercom_export.channel_of('receipts.content_type') }} as channel,
        receipts.content_title,
        contents.variant,
        receipts.created_via,
        receipts.device,
        receipts.conversation_id,
        receipts.series_id,
        receipts.series_title,
        receipts.node_id,
        receipts.received_at as sent_at,
        {{ intercom_export.local_day('receipts.received_at') }} as sent_on,
        {%- for entry in intercom_export.message_events() %}
        {%- set firsts = ['case when not coalesce(events.is_first_click_automated, false) then receipts.first_click end']
            if entry.column == 'clicked_at' else intercom_export.first_columns(entry.streams, 'receipts') %}
        {{ intercom_export.earliest_of(['events.' ~ entry.column] + firsts) }} as {{ entry.column }},
        {%- endfor %}
        events.automated_click_at,
        {%- set firsts = ['case when not coalesce(events.is_first_click_automated, false) then receipts.first_click end'] %}
        {%- for column in intercom_export.first_columns(intercom_export.engagement_streams(), 'receipts') if column != 'receipts.first_click' %}
        {%- do firsts.append(column) %}
        {%- endfor %}
        {{ intercom_export.latest_of(['events.last_engaged_at'] + firsts) }} as last_engaged_at,
        coalesce(events.opens, 0) as open_events,
        coalesce(events.clicks, 0) as click_events,
        coalesce(events.automated_clicks, 0) as automated_clicks,
        coalesce(events.replies, 0) as reply_events
    from receipts
    left join events
        on receipts.source_relation = events.source_relation
        and receipts.receipt_id = events.receipt_id
    left join contents
        on receipts.source_relation = contents.source_relation
        and receipts.ruleset_id = contents.ruleset_id
        and receipts.content_id = contents.content_id

),

{#- an event that occurs for a content type is tracked, even if content_types() does not say so -#}
with_tracking as (

    select
        *,
        {%- for statistic, column in {
            'bounce': 'hard_bounced_at', 'open': 'opened_at', 'click': 'clicked_at',
            'reply': 'replied_at', 'completion': 'completed_at',
            'unsubscribe': 'unsubscribed_at', 'complaint': 'complained_at',
        }.items() %}
        {{ intercom_export.is_tracked('content_type', statistic) }}
            or max(case when {{ column }} is not null then 1 else 0 end)
                over (partition by source_relation, content_type) = 1 as tracks_{{ statistic }},
        {%- endfor %}
        max(case when goal_at is not null then 1 else 0 end)
            over (partition by source_relation, ruleset_id) = 1 as has_goal
    from receipts_and_events

)

select
    source_relation,
    receipt_id,
    user_id,
    user_external_id,
    email,
    email_domain,
    name,
    company_id,
    company_external_id,
    ruleset_id,
    ruleset_version_id,
    content_id,
    content_type,
    channel,
    content_title,
    variant,
    created_via,
    device,
    conversation_id,
    series_id,
    series_title,
    node_id,
    sent_at,
    sent_on,
    (hard_bounced_at is null and failed_at is null)
        or last_engaged_at is not null
        or automated_click_at is not null
        or dismissed_at is not null
        or unsubscribed_at is not null
        or complained_at is not null as is_delivered,
    {%- for name, column, tracked in [
        ('bounced', 'hard_bounced_at', 'tracks_bounce'),
        ('opened', 'opened_at', 'tracks_open'),
        ('clicked', 'clicked_at', 'tracks_click'),
        ('replied', 'replied_at', 'tracks_reply'),
        ('completed', 'completed_at', 'tracks_completion'),
        ('unsubscribed', 'unsubscribed_at', 'tracks_unsubscribe'),
        ('complained', 'complained_at', 'tracks_complaint'),
    ] %}
    case when {{ tracked }} then {{ column }} is not null end as is_{{ name }},
    {%- endfor %}
    case when has_goal then goal_at is not null end as is_goal_hit,
    {%- for entry in intercom_export.message_events() %}
    {{ entry.column }},
    {%- endfor %}
    automated_click_at,
    last_engaged_at,
    greatest(open_events, case when opened_at is null then 0 else 1 end) as opens,
    greatest(click_events, case when clicked_at is null then 0 else 1 end) as clicks,
    automated_clicks,
    greatest(reply_events, case when replied_at is null then 0 else 1 end) as replies,
    {%- for name in ['opened', 'clicked', 'replied', 'completed', 'goal', 'unsubscribed'] %}
    {{ intercom_export.hours_between('sent_at', name ~ '_at') }} as hours_to_{{ {
        'opened': 'open', 'clicked': 'click', 'replied': 'reply', 'completed': 'completion',
        'goal': 'goal', 'unsubscribed': 'unsubscribe',
    }[name] }}{{ "," if not loop.last }}
    {%- endfor %}
from with_tracking
