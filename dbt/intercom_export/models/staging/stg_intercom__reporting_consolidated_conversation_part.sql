-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'reporting_consolidated_conversation_part'),
    key=['action_id'],
    columns={
        'conversation_id': 'string',
        'conversation_started_at': 'timestamp',
        'channel': 'string',
        'action_id': 'string',
        'action_time': 'timestamp',
        'action_performed_by_teammate_id': 'string',
        'teammate_first_response_time': 'number',
        'teammate_subsequent_response_time': 'number',
        'teammate_time_to_close': 'number',
    },
) }}
