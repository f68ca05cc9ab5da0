{#- The channel of each content type, and the statistics that Intercom tracks for it. A statistic that
    is not tracked is null, not 0. A statistic that occurs in the data counts as tracked. -#}
{% macro content_types() -%}
    {%- set known = {
        'email': {'channel': 'email', 'tracks': ['bounce', 'open', 'click', 'reply', 'unsubscribe', 'complaint']},
        'chat': {'channel': 'in_app', 'tracks': ['open', 'click', 'reply']},
        'post': {'channel': 'in_app', 'tracks': ['open', 'click', 'reply']},
        'banner': {'channel': 'in_app', 'tracks': ['click']},
        'news item': {'channel': 'in_app', 'tracks': ['open', 'click']},
        'carousel': {'channel': 'in_app', 'tracks': ['completion']},
        'survey': {'channel': 'in_app', 'tracks': ['open', 'completion']},
        'tour': {'channel': 'in_app', 'tracks': ['completion']},
        'tooltip': {'channel': 'in_app', 'tracks': []},
        'checklist': {'channel': 'in_app', 'tracks': ['completion']},
        'workflow': {'channel': 'in_app', 'tracks': ['reply']},
        'custom bot': {'channel': 'in_app', 'tracks': ['reply']},
        'push': {'channel': 'push', 'tracks': ['open']},
        'sms': {'channel': 'sms', 'tracks': ['click', 'reply', 'unsubscribe']},
        'whatsapp': {'channel': 'whatsapp', 'tracks': ['open', 'reply']},
        'webhook': {'channel': 'webhook', 'tracks': []},
    } -%}
    {%- for name, facts in var('intercom_export_content_types').items() -%}
        {%- do known.update({name | lower: facts}) -%}
    {%- endfor -%}
    {{ return(known) }}
{%- endmacro %}


{#- The channel of a content type. -#}
{% macro channel_of(content_type) -%}
    case lower({{ content_type }})
        {%- for name, facts in intercom_export.content_types().items() %}
        when '{{ name }}' then '{{ facts.channel }}'
        {%- endfor %}
        else 'other'
    end
{%- endmacro %}


{#- Whether the table above says that Intercom tracks a statistic for a content type. -#}
{% macro is_tracked(content_type, statistic) -%}
    coalesce(lower({{ content_type }}) in (''
        {%- for name, facts in intercom_export.content_types().items() if statistic in facts.tracks -%}
            , '{{ name }}'
        {%- endfor -%}
    ), false)
{%- endmacro %}
