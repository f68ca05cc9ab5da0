{{ config(enabled=var('intercom_export_reporting')) }}

{#- labels of actions depend on the workspace's language, so durations identify replies and closings -#}
with actions as (

    select
        source_relation,
        action_performed_by_teammate_id as teammate,
        {{ intercom_export.local_day('action_time') }} as worked_on,
        count(coalesce(teammate_first_response_time, teammate_subsequent_response_time)) as replies,
        count(distinct conversation_id) as conversations,
        count(teammate_time_to_close) as closings,
        avg(teammate_first_response_time) as first_response_seconds,
        avg(coalesce(teammate_first_response_time, teammate_subsequent_response_time)) as response_seconds,
        avg(teammate_time_to_close) as time_to_close_seconds
    from {{ ref('stg_intercom__reporting_consolidated_conversation_part') }}
    where action_performed_by_teammate_id is not null
    group by source_relation, action_performed_by_teammate_id, {{ intercom_export.local_day('action_time') }}

),

handling as (

    select
        source_relation,
        handling_teammate_id as teammate,
        {{ intercom_export.local_day('conversation_started_at') }} as worked_on,
        sum(teammate_handling_time) as handling_seconds
    from {{ ref('stg_intercom__reporting_teammate_handling_conversation') }}
    where handling_teammate_id is not null
    group by source_relation, handling_teammate_id, {{ intercom_export.local_day('conversation_started_at') }}

),

ratings as (

    select
        source_relation,
        teammate,
        rated_on as worked_on,
        sum(rated) as rated,
        sum(positive) as positive
    from {{ ref('csat') }}
    where teammate <> '(none)'
    group by source_relation, teammate, rated_on

),

all_days as (

    select source_relation, teammate, worked_on from actions
    union all
    select source_relation, teammate, worked_on from handling
    union all
    select source_relation, teammate, worked_on from ratings

),

days as (

    select distinct source_relation, teammate, worked_on from all_days

)

select
    days.source_relation,
    days.teammate,
    days.worked_on,
    coalesce(actions.replies, 0) as replies,
    coalesce(actions.conversations, 0) as conversations,
    coalesce(actions.closings, 0) as closings,
    actions.first_response_seconds,
    actions.response_seconds,
    actions.time_to_close_seconds,
    handling.handling_seconds,
    coalesce(ratings.rated, 0) as rated,
    coalesce(ratings.positive, 0) as positive
from days
left join actions
    on days.source_relation = actions.source_relation
    and days.teammate = actions.teammate
    and days.worked_on = actions.worked_on
left join handling
    on days.source_relation = handling.source_relation
    and days.teammate = handling.teammate
    and days.worked_on = handling.worked_on
left join ratings
    on days.source_relation = ratings.source_relation
    and days.teammate = ratings.teammate
    and days.worked_on = ratings.worked_on
