-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'reaction'),
    key=['event_id'],
    columns={
        'event_id': 'string',
        'created_at': 'timestamp',
        'receipt_id': 'string',
        'reacted_at': 'timestamp',
        'reaction': 'string',
    },
) }}
