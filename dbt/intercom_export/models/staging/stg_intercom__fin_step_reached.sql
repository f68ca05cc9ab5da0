-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'fin_step_reached'),
    key=['event_id'],
    columns={
        'event_id': 'string',
        'created_at': 'timestamp',
        'receipt_id': 'string',
        'involved_at': 'timestamp',
        'content_id': 'string',
        'content_type': 'string',
        'ruleset_id': 'string',
        'conversation_id': 'string',
    },
) }}
