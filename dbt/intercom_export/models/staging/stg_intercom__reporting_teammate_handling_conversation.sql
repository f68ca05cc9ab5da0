-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'reporting_teammate_handling_conversation'),
    key=['conversation_id', 'handling_teammate_id'],
    columns={
        'conversation_id': 'string',
        'conversation_started_at': 'timestamp',
        'channel': 'string',
        'handling_teammate_id': 'string',
        'teammate_handling_time': 'number',
    },
) }}
