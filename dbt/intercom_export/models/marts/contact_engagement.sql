with messages as (

    select
        messages.*,
        as_of.as_of,
        row_number() over (
            partition by messages.source_relation, messages.user_id
            order by messages.sent_at desc, messages.receipt_id desc
        ) as latest_first
    from {{ ref('messages') }} as messages
    inner join {{ ref('int_intercom__as_of') }} as as_of
        on messages.source_relation = as_of.source_relation
    where messages.user_id is not null

),

latest as (

    select * from messages where latest_first = 1

),

totals as (

    select
        source_relation,
        user_id,
        min(sent_at) as first_message_at,
        max(last_engaged_at) as last_engaged_at,
        max(opened_at) as last_opened_at,
        max(clicked_at) as last_clicked_at,
        max(replied_at) as last_replied_at,
        count(*) as messages,
        count(opened_at) as opened,
        count(clicked_at) as clicked,
        count(replied_at) as replied,
        {%- for days in [7, 30, 90] %}
        {%- set since = intercom_export.time_plus('day', -days, 'as_of') %}
        {%- for name, column in {
            'messages': 'sent_at', 'opened': 'opened_at', 'clicked': 'clicked_at', 'replied': 'replied_at'
        }.items() %}
        count(case when {{ column }} > {{ since }} and {{ column }} <= as_of then 1 end) as {{ name }}_{{ days }}d,
        {%- endfor %}
        {%- endfor %}
        max(unsubscribed_at) as last_unsubscribed_at,
        max(hard_bounced_at) as last_hard_bounced_at
    from messages
    group by source_relation, user_id

)

select
    latest.user_external_id,
    latest.email,
    latest.name,
    latest.company_id,
    latest.company_external_id,
    latest.as_of,
    latest.sent_at as last_message_at,
    latest.content_title as last_content_title,
    latest.content_type as last_content_type,
    totals.*
from totals
inner join latest
    on totals.source_relation = latest.source_relation
    and totals.user_id = latest.user_id
