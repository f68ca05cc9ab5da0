"""The demo: a simulated workspace, exported into a real PostgreSQL by a real Meltano.

The end-to-end tests also use `postgres` and `project`.
"""
