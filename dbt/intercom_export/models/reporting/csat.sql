{{ config(enabled=var('intercom_export_reporting')) }}

with requests as (

    select
        *,
        {{ intercom_export.local_day('conversation_rating_updated_at') }} as rated_on,
        coalesce(rated_agent_type, '(none)') as agent_type,
        coalesce(rated_teammate_id, '(none)') as teammate,
        {{ intercom_export.number_or_null('conversation_rating') }} as rating
    from {{ ref('stg_intercom__reporting_conversation_rating_sent') }}

)

select
    source_relation,
    rated_on,
    agent_type,
    teammate,
    count(*) as requests,
    count(rating) as rated,
    count(case when rating >= 4 then 1 end) as positive,
    avg(rating) as average_rating,
    {{ intercom_export.share_of('count(rating)', 'count(*)') }} as response_rate,
    {{ intercom_export.share_of('count(case when rating >= 4 then 1 end)', 'count(rating)') }} as csat
from requests
group by source_relation, rated_on, agent_type, teammate
