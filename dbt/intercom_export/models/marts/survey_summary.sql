with answers as (

    select
        *,
        case when question_kind <> 'text' then response end as choice
    from {{ ref('survey_answers') }}
    where is_latest

),

questions as (

    select
        source_relation,
        question_id,
        max(content_title) as content_title,
        max(question) as question,
        max(question_kind) as question_kind,
        count(*) as question_answers,
        avg(rating) as average_rating,
        case
            when max(case when is_nps then 1 else 0 end) = 1 then
                100 * {{ intercom_export.share_of(
                    "count(case when nps_group = 'promoter' then 1 end) - count(case when nps_group = 'detractor' then 1 end)",
                    'count(*)'
                ) }}
        end as nps
    from answers
    group by source_relation, question_id

),

choices as (

    select
        source_relation,
        question_id,
        choice,
        count(*) as answers
    from answers
    group by source_relation, question_id, choice

)

select
    questions.source_relation,
    questions.content_title,
    questions.question_id,
    questions.question,
    questions.question_kind,
    choices.choice,
    choices.answers,
    {{ intercom_export.share_of('choices.answers', 'questions.question_answers') }} as share_of_answers,
    questions.question_answers,
    questions.average_rating,
    questions.nps
from choices
inner join questions
    on choices.source_relation = questions.source_relation
    and choices.question_id = questions.question_id
