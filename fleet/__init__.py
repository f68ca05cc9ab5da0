"""The try-out of examples/dagster: two nights of 24 simulated workspaces, with what goes wrong."""
