-- Written by make docs from the tap's catalog.
{{ intercom_export.stage(
    source('intercom_export', 'external_page'),
    key=['id'],
    columns={
        'id': 'string',
        'source_id': 'string',
        'external_id': 'string',
        'created_at': 'timestamp',
        'updated_at': 'timestamp',
        'last_ingested_at': 'timestamp',
        'title': 'string',
        'html': 'string',
        'url': 'string',
        'locale': 'string',
        'ai_agent_availability': 'boolean',
        'ai_copilot_availability': 'boolean',
        'ai_sales_agent_availability': 'boolean',
        'fin_availability': 'boolean',
    },
) }}
