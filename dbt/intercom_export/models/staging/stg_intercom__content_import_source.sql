-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'content_import_source'),
    key=['id'],
    columns={
        'id': 'string',
        'created_at': 'timestamp',
        'updated_at': 'timestamp',
        'last_synced_at': 'timestamp',
        'sync_behavior': 'string',
        'status': 'string',
        'url': 'string',
        'audience_ids': 'json',
    },
) }}
