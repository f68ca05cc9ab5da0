-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'reporting_conversation_rating_sent'),
    key=['conversation_rating_id'],
    columns={
        'conversation_id': 'string',
        'conversation_started_at': 'timestamp',
        'channel': 'string',
        'conversation_rating_id': 'string',
        'conversation_rating_updated_at': 'timestamp',
        'conversation_rating': 'string',
        'conversation_rating_remark': 'string',
        'rated_agent_type': 'string',
        'rated_teammate_id': 'string',
    },
) }}
