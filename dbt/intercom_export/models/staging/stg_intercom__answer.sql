-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'answer'),
    key=['event_id'],
    columns={
        'event_id': 'string',
        'created_at': 'timestamp',
        'receipt_id': 'string',
        'answered_at': 'timestamp',
        'question_id': 'string',
        'question': 'string',
        'response_type': 'string',
        'response': 'string',
    },
) }}
