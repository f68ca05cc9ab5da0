"""Test of examples/lake: exports to S3, Delta tables, and the same marts from three engines."""
