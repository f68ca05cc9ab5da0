-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'reporting_conversation'),
    key=['conversation_id'],
    columns={
        'conversation_id': 'string',
        'conversation_started_at': 'timestamp',
        'channel': 'string',
        'currently_assigned_team_id': 'string',
        'conversation_first_closed_at': 'timestamp',
        'conversation_first_response_time': 'number',
        'conversation_time_to_close': 'number',
        'teammate_replies_count': 'string',
        'last_teammate_rating': 'string',
        'fin_ai_agent_participated': 'string',
        'fin_ai_agent_deflected': 'string',
    },
) }}
