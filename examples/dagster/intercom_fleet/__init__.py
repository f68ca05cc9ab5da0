"""Intercom workspaces as Dagster assets, each synced by Meltano.

`workspaces`, `sync`, `tap_log` and `outcome` know nothing of Dagster: the Airflow example uses
them too.
"""
