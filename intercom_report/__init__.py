"""A report about an Intercom workspace: a self-contained HTML page from the dbt marts.

    python -m intercom_report --dsn postgresql://user:password@host/database

It reads only the marts that `dbt/intercom_export` builds.
"""
