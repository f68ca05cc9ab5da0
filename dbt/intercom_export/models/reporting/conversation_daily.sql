{{ config(enabled=var('intercom_export_reporting')) }}

with conversations as (

    select
        *,
        {{ intercom_export.local_day('conversation_started_at') }} as started_on,
        coalesce(channel, '(none)') as channel_name,
        coalesce(currently_assigned_team_id, '(none)') as team,
        {{ intercom_export.number_or_null('teammate_replies_count') }} as replies,
        {{ intercom_export.number_or_null('last_teammate_rating') }} as rating
    from {{ ref('stg_intercom__reporting_conversation') }}

)

select
    source_relation,
    started_on,
    channel_name as channel,
    team,
    count(*) as conversations,
    count(conversation_first_response_time) as replied,
    count(conversation_first_closed_at) as closed,
    avg(conversation_first_response_time) as first_response_seconds,
    avg(conversation_time_to_close) as time_to_close_seconds,
    sum(replies) as teammate_replies,
    count(rating) as rated,
    avg(rating) as average_rating,
    count(case when lower(fin_ai_agent_participated) = 'true' then 1 end) as fin_participated,
    count(case when lower(fin_ai_agent_deflected) = 'true' then 1 end) as fin_resolved
from conversations
group by source_relation, started_on, channel_name, team
