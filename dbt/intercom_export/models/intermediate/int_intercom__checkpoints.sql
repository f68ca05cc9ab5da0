with checkpoints as (

    select * from {{ ref('stg_intercom__checkpoint') }}

),

{#- checkpoints do not contain the series; the receipts of the block do -#}
series_of_blocks as (

    select
        source_relation,
        ruleset_id,
        max(series_id) as series_id
    from {{ ref('stg_intercom__receipt') }}
    where series_id is not null
    group by source_relation, ruleset_id

),

with_series as (

    select
        checkpoints.*,
        series_of_blocks.series_id as series_of_block,
        {#- a block without messages belongs to the same series as the other blocks of the entry -#}
        max(series_of_blocks.series_id) over (
            partition by checkpoints.source_relation, checkpoints.series_entry_record_id, checkpoints.user_id
        ) as series_of_entry,
        min(checkpoints.created_at) over (
            partition by checkpoints.source_relation, checkpoints.series_entry_record_id, checkpoints.user_id
        ) as entered_series_at,
        lag(checkpoints.created_at) over (
            partition by checkpoints.source_relation, checkpoints.series_entry_record_id, checkpoints.user_id
            order by checkpoints.created_at, checkpoints.ruleset_id
        ) as previous_created_at
    from checkpoints
    left join series_of_blocks
        on checkpoints.source_relation = series_of_blocks.source_relation
        and checkpoints.ruleset_id = series_of_blocks.ruleset_id

)

select
    source_relation,
    coalesce(series_of_block, series_of_entry, '(unknown)') as series_id,
    ruleset_id,
    series_entry_record_id,
    user_id,
    lower(status_name) as status,
    created_at,
    last_processed_at,
    {{ intercom_export.hours_between('entered_series_at', 'created_at') }} as hours_since_entry,
    {{ intercom_export.hours_between('previous_created_at', 'created_at') }} as hours_from_previous,
    case
        when lower(status_name) <> 'waiting' then {{ intercom_export.hours_between('created_at', 'last_processed_at') }}
    end as hours_in_block
from with_series
