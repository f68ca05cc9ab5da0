-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'series_completion'),
    key=['event_id'],
    columns={
        'event_id': 'string',
        'created_at': 'timestamp',
        'receipt_id': 'string',
        'completed_at': 'timestamp',
        'completion_node_ruleset_id': 'string',
    },
) }}
