-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'checkpoint'),
    key=['series_entry_record_id', 'ruleset_id', 'user_id'],
    columns={
        'user_id': 'string',
        'company_id': 'string',
        'series_entry_record_id': 'string',
        'ruleset_id': 'string',
        'status_code': 'string',
        'status_name': 'string',
        'created_at': 'timestamp',
        'last_processed_at': 'timestamp',
        'expires_at': 'timestamp',
        'times_processed': 'integer',
    },
) }}
