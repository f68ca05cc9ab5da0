"""The try-out of examples/lake: exports into an S3, Delta tables, one set of marts thrice."""
