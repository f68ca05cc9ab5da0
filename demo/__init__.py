"""The demo: a simulated workspace, exported into a real PostgreSQL by a real Meltano.

`postgres` and `project` serve the end-to-end tests too.
"""
