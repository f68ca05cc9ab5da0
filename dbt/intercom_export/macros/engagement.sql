{#- The events of a message: the time column in `messages`, and the streams that contain the events.
    Each stream except `email_failure` also has a column `first_…` in `receipt`. -#}
{% macro message_events() -%}
    {{ return([
        {'column': 'hard_bounced_at', 'streams': ['hard_bounce']},
        {'column': 'soft_bounced_at', 'streams': ['soft_bounce']},
        {'column': 'failed_at', 'streams': [
            'email_failure', 'sms_failure', 'whatsapp_failure', 'push_failure', 'webhook_failure'
        ]},
        {'column': 'opened_at', 'streams': ['open']},
        {'column': 'clicked_at', 'streams': ['click']},
        {'column': 'replied_at', 'streams': ['reply', 'keyword_reply']},
        {'column': 'reacted_at', 'streams': ['reaction']},
        {'column': 'answered_at', 'streams': ['answer']},
        {'column': 'completed_at', 'streams': ['completion']},
        {'column': 'dismissed_at', 'streams': ['dismissal']},
        {'column': 'goal_at', 'streams': ['goal_success']},
        {'column': 'unsubscribed_at', 'streams': ['unsubscribe']},
        {'column': 'complained_at', 'streams': ['spam_complaint']},
        {'column': 'series_completed_at', 'streams': ['series_completion']},
        {'column': 'series_disengaged_at', 'streams': ['series_disengagement']},
        {'column': 'series_exited_at', 'streams': ['series_exit']},
    ]) }}
{%- endmacro %}


{#- Streams of events by which a person engages with the content of a message. -#}
{% macro engagement_streams() -%}
    {{ return([
        'open', 'click', 'reply', 'keyword_reply', 'reaction', 'answer', 'completion',
        'collected_email', 'permission_grant', 'button_tap', 'screen_view', 'tour_step_view',
        'checklist_step_open', 'checklist_step_click', 'checklist_step_completion',
        'fin_step_reached', 'fin_helpful_answer',
    ]) }}
{%- endmacro %}


{#- All streams of the two lists above, without duplicates. -#}
{% macro event_streams() -%}
    {%- set names = [] -%}
    {%- for entry in intercom_export.message_events() -%}
        {%- do names.extend(entry.streams) -%}
    {%- endfor -%}
    {%- for name in intercom_export.engagement_streams() if name not in names -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}


{#- The `first_…` columns of `receipt` for a list of streams. -#}
{% macro first_columns(streams, prefix) -%}
    {%- set columns = [] -%}
    {%- for name in streams if name != 'email_failure' -%}
        {%- do columns.append(prefix ~ '.first_' ~ name) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}
