-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'checklist_step_receipt'),
    key=['event_id'],
    columns={
        'event_id': 'string',
        'created_at': 'timestamp',
        'receipt_id': 'string',
        'user_id': 'string',
        'user_external_id': 'string',
        'company_id': 'string',
        'email': 'string',
        'name': 'string',
        'phone': 'string',
        'phone_number': 'string',
        'device_token': 'string',
        'device': 'string',
        'ip_address': 'string',
        'url': 'string',
    },
) }}
