with emails as (

    select
        *,
        coalesce(email_domain, '(unknown)') as domain
    from {{ ref('messages') }}
    where channel = 'email'

)

select
    source_relation,
    domain as email_domain,
    sent_on,
    {{ intercom_export.message_totals() }}
from emails
group by source_relation, domain, sent_on
