{#- Totals and rates of messages. A rate is null if no message was delivered, or if the event is not
    tracked for any of the messages. -#}
{% macro message_totals() -%}
    {%- set counted = {
        'bounced': 'is_bounced', 'opened': 'is_opened', 'clicked': 'is_clicked',
        'replied': 'is_replied', 'completed': 'is_completed', 'goals': 'is_goal_hit',
        'unsubscribed': 'is_unsubscribed', 'complaints': 'is_complained',
    } -%}
    count(*) as sent,
    count(case when is_delivered then 1 end) as delivered,
    count(soft_bounced_at) as soft_bounced,
    count(failed_at) as failed,
    {%- for name, flag in counted.items() %}
    count(case when {{ flag }} then 1 end) as {{ name }},
    {%- endfor %}
    {{ intercom_export.share_of('count(case when is_bounced then 1 end)', 'count(is_bounced)') }} as bounce_rate,
    {%- for rate, flag in {
        'open_rate': 'is_opened', 'click_rate': 'is_clicked', 'reply_rate': 'is_replied',
        'completion_rate': 'is_completed', 'goal_rate': 'is_goal_hit',
        'unsubscribe_rate': 'is_unsubscribed', 'complaint_rate': 'is_complained',
    }.items() %}
    {{ intercom_export.share_of(
        'count(case when ' ~ flag ~ ' and is_delivered then 1 end)',
        'count(case when is_delivered then ' ~ flag ~ ' end)'
    ) }} as {{ rate }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}
