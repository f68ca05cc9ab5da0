-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'content_export'),
    key=['job_identifier'],
    renamed={'rows': 'rows_by_statistic'},
    columns={
        'job_identifier': 'string',
        'created_at': 'timestamp',
        'created_at_after': 'timestamp',
        'created_at_before': 'timestamp',
        'status': 'string',
        'completed_at': 'timestamp',
        'download_bytes': 'integer',
        'row_count': 'integer',
        'rows': 'json',
        'rejected_rows': 'integer',
        'lookback_seconds': 'integer',
        'tries': 'integer',
        'seconds_waited': 'number',
    },
) }}
