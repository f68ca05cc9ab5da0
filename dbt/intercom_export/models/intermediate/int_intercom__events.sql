{{ config(materialized='view') }}

{% for name in intercom_export.event_streams() if name != 'click' -%}
select
    source_relation,
    receipt_id,
    '{{ name }}' as statistic,
    created_at as occurred_at
from {{ ref('stg_intercom__' ~ name) }}

union all

{% endfor -%}
select
    source_relation,
    receipt_id,
    case when is_automated then 'automated_click' else 'click' end as statistic,
    clicked_at as occurred_at
from {{ ref('int_intercom__clicks') }}
