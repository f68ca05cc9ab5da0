with answers as (

    select
        *,
        {{ intercom_export.number_or_null('response') }} as response_number,
        row_number() over (
            partition by source_relation, receipt_id, question_id
            order by created_at desc, event_id desc
        ) as latest_first
    from {{ ref('stg_intercom__answer') }}

),

messages as (

    select * from {{ ref('messages') }}

),

{#- a question is a rating if all answers are numbers and it is not free text -#}
questions as (

    select
        source_relation,
        question_id,
        case
            when max(case when lower(response_type) like '%text%' then 1 else 0 end) = 1 then 'text'
            when count(*) = count(response_number) then 'rating'
            else 'choice'
        end as question_kind,
        count(*) = count(response_number)
            and min(response_number) >= 0
            and max(response_number) <= 10
            and (
                max(case when lower(question) like '%recommend%' then 1 else 0 end) = 1
                {%- for id in var('intercom_export_nps_questions') %}
                or question_id = '{{ id }}'
                {%- endfor %}
            ) as is_on_nps_scale
    from answers
    where latest_first = 1
    group by source_relation, question_id

)

select
    answers.source_relation,
    answers.event_id,
    answers.receipt_id,
    messages.user_id,
    messages.user_external_id,
    messages.email,
    messages.name,
    messages.ruleset_id,
    messages.content_id,
    messages.content_title,
    answers.question_id,
    answers.question,
    answers.response_type,
    questions.question_kind,
    questions.question_kind = 'rating' and questions.is_on_nps_scale as is_nps,
    answers.response,
    case when questions.question_kind = 'rating' then answers.response_number end as rating,
    case
        when questions.question_kind <> 'rating' or not questions.is_on_nps_scale then null
        when answers.response_number >= 9 then 'promoter'
        when answers.response_number >= 7 then 'passive'
        else 'detractor'
    end as nps_group,
    answers.created_at as answered_at,
    answers.latest_first = 1 as is_latest
from answers
inner join questions
    on answers.source_relation = questions.source_relation
    and answers.question_id = questions.question_id
left join messages
    on answers.source_relation = messages.source_relation
    and answers.receipt_id = messages.receipt_id
