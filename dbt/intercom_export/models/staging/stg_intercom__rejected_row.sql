-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'rejected_row'),
    key=['job_identifier', 'file', 'line'],
    renamed={'raw': 'raw_row'},
    columns={
        'job_identifier': 'string',
        'file': 'string',
        'line': 'integer',
        'created_at': 'timestamp',
        'reason': 'string',
        'raw': 'string',
    },
) }}
