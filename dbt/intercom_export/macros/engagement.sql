{#- What can happen to a message: the column of `messages`, and the streams that tell of it. Each
    stream but `email_failure` has a column `first_…` in `receipt` besides. -#}
{% macro engagement() -%}
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


{#- Streams whose events show that a person did something with the content of a message. -#}
{% macro attention() -%}
    {{ return([
        'open', 'click', 'reply', 'keyword_reply', 'reaction', 'answer', 'completion',
        'collected_email', 'permission_grant', 'button_tap', 'screen_view', 'tour_step_view',
        'checklist_step_open', 'checklist_step_click', 'checklist_step_completion',
        'fin_step_reached', 'fin_helpful_answer',
    ]) }}
{%- endmacro %}


{#- All streams of events that are read, each once. -#}
{% macro event_streams() -%}
    {%- set names = [] -%}
    {%- for entry in intercom_export.engagement() -%}
        {%- do names.extend(entry.streams) -%}
    {%- endfor -%}
    {%- for name in intercom_export.attention() if name not in names -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}


{#- The columns of `receipt` with the first time of any of some streams. -#}
{% macro first_columns(streams, prefix) -%}
    {%- set columns = [] -%}
    {%- for name in streams if name != 'email_failure' -%}
        {%- do columns.append(prefix ~ '.first_' ~ name) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}
