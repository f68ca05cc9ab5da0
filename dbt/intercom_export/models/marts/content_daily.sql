with messages as (

    select * from {{ ref('messages') }}

),

contents as (

    select * from {{ ref('int_intercom__contents') }}

),

totals as (

    select
        source_relation,
        ruleset_id,
        content_id,
        sent_on,
        {{ intercom_export.message_totals() }}
    from messages
    group by source_relation, ruleset_id, content_id, sent_on

)

select
    contents.content_type,
    contents.channel,
    contents.content_title,
    contents.variant,
    contents.series_id,
    contents.series_title,
    totals.*
from totals
inner join contents
    on totals.source_relation = contents.source_relation
    and totals.ruleset_id = contents.ruleset_id
    and totals.content_id = contents.content_id
