-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'answer_combined'),
    key=['receipt_id'],
    columns={
        'created_at': 'timestamp',
        'answers': 'json',
        'receipt_id': 'string',
        'user_id': 'string',
        'user_external_id': 'string',
        'name': 'string',
        'email': 'string',
        'company_id': 'string',
        'company_external_id': 'string',
        'created_via': 'string',
        'received_at': 'timestamp',
        'completed_at': 'timestamp',
    },
) }}
