-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'other_statistic'),
    key=['row_id'],
    renamed={'row': 'row_values'},
    columns={
        'row_id': 'string',
        'created_at': 'timestamp',
        'statistic': 'string',
        'file': 'string',
        'row': 'json',
    },
) }}
