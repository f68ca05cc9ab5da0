"""Test of examples/dagster: two nights of 24 simulated workspaces, with faults."""
