"""From batch files in object storage to tables that are deduplicated by key, and to marts."""
