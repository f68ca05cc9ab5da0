"""Intercom workspaces as Dagster assets, each synced by Meltano.

`workspaces`, `sync`, `tap_log` and `outcome` do not depend on Dagster; the Airflow example uses
them, too.
"""
