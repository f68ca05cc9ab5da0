-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'tour_step_failure'),
    key=['event_id'],
    columns={
        'event_id': 'string',
        'created_at': 'timestamp',
        'receipt_id': 'string',
        'step_id': 'string',
        'failed_selector': 'string',
        'failure_url': 'string',
        'failed_at': 'timestamp',
    },
) }}
