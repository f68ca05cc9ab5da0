"""A report on an Intercom workspace: one self-contained HTML page made from the dbt marts.

    python -m intercom_report --dsn postgresql://user:password@host/database

It reads the marts that `dbt/intercom_export` builds, and nothing else.
"""
