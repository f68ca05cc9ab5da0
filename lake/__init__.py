"""Test of examples/lake: exports into S3, Delta tables, and the same marts in three engines."""
