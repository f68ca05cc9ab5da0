with checkpoints as (

    select
        source_relation,
        series_id,
        ruleset_id,
        count(*) as entered,
        count(distinct user_id) as people,
        count(case when status = 'waiting' then 1 end) as waiting,
        count(case when status = 'completed' then 1 end) as completed,
        count(case when status = 'exited' then 1 end) as exited,
        count(case when status not in ('waiting', 'completed', 'exited') or status is null then 1 end) as other_status,
        avg(hours_since_entry) as hours_since_entry,
        avg(hours_from_previous) as hours_from_previous,
        avg(hours_in_block) as hours_in_block
    from {{ ref('int_intercom__checkpoints') }}
    group by source_relation, series_id, ruleset_id

),

series_messages as (

    select *
    from {{ ref('messages') }}
    where series_id is not null

),

messages as (

    select
        source_relation,
        series_id,
        ruleset_id,
        count(*) as sent,
        count(case when is_opened then 1 end) as opened,
        count(case when is_clicked then 1 end) as clicked,
        count(case when is_goal_hit then 1 end) as goals,
        count(series_exited_at) as series_exits
    from series_messages
    group by source_relation, series_id, ruleset_id

),

disengagements as (

    select
        series_messages.source_relation,
        series_messages.series_id,
        events.disengaged_node_ruleset_id as ruleset_id,
        count(distinct events.receipt_id) as disengaged
    from {{ ref('stg_intercom__series_disengagement') }} as events
    inner join series_messages
        on events.source_relation = series_messages.source_relation
        and events.receipt_id = series_messages.receipt_id
    where events.disengaged_node_ruleset_id is not null
    group by series_messages.source_relation, series_messages.series_id, events.disengaged_node_ruleset_id

),

completions as (

    select
        series_messages.source_relation,
        series_messages.series_id,
        events.completion_node_ruleset_id as ruleset_id,
        count(distinct events.receipt_id) as series_completions
    from {{ ref('stg_intercom__series_completion') }} as events
    inner join series_messages
        on events.source_relation = series_messages.source_relation
        and events.receipt_id = series_messages.receipt_id
    where events.completion_node_ruleset_id is not null
    group by series_messages.source_relation, series_messages.series_id, events.completion_node_ruleset_id

),

all_blocks as (

    select source_relation, series_id, ruleset_id from checkpoints
    union all
    select source_relation, series_id, ruleset_id from messages
    union all
    select source_relation, series_id, ruleset_id from disengagements
    union all
    select source_relation, series_id, ruleset_id from completions

),

blocks as (

    select distinct source_relation, series_id, ruleset_id from all_blocks

),

{#- the variants of a block have the same ruleset; use the title of the first one -#}
titles as (

    select
        source_relation,
        ruleset_id,
        content_title,
        content_type,
        node_id,
        series_title
    from {{ ref('int_intercom__contents') }}
    where variant is null or variant = 'A'

),

series_titles as (

    select
        source_relation,
        series_id,
        max(series_title) as series_title
    from {{ ref('int_intercom__contents') }}
    group by source_relation, series_id

)

select
    blocks.source_relation,
    blocks.series_id,
    series_titles.series_title,
    blocks.ruleset_id,
    titles.node_id,
    titles.content_title,
    titles.content_type,
    row_number() over (
        partition by blocks.source_relation, blocks.series_id
        order by coalesce(checkpoints.hours_since_entry, 1e9), blocks.ruleset_id
    ) as position,
    checkpoints.entered,
    checkpoints.people,
    checkpoints.waiting,
    checkpoints.completed,
    checkpoints.exited,
    checkpoints.other_status,
    coalesce(disengagements.disengaged, 0) as disengaged,
    coalesce(completions.series_completions, 0) as series_completions,
    coalesce(messages.series_exits, 0) as series_exits,
    coalesce(messages.sent, 0) as sent,
    coalesce(messages.opened, 0) as opened,
    coalesce(messages.clicked, 0) as clicked,
    coalesce(messages.goals, 0) as goals,
    {{ intercom_export.share_of('checkpoints.completed', 'checkpoints.entered') }} as completion_rate,
    checkpoints.hours_since_entry,
    checkpoints.hours_from_previous,
    checkpoints.hours_in_block
from blocks
left join checkpoints
    on blocks.source_relation = checkpoints.source_relation
    and blocks.series_id = checkpoints.series_id
    and blocks.ruleset_id = checkpoints.ruleset_id
left join messages
    on blocks.source_relation = messages.source_relation
    and blocks.series_id = messages.series_id
    and blocks.ruleset_id = messages.ruleset_id
left join disengagements
    on blocks.source_relation = disengagements.source_relation
    and blocks.series_id = disengagements.series_id
    and blocks.ruleset_id = disengagements.ruleset_id
left join completions
    on blocks.source_relation = completions.source_relation
    and blocks.series_id = completions.series_id
    and blocks.ruleset_id = completions.ruleset_id
left join titles
    on blocks.source_relation = titles.source_relation
    and blocks.ruleset_id = titles.ruleset_id
left join series_titles
    on blocks.source_relation = series_titles.source_relation
    and blocks.series_id = series_titles.series_id
