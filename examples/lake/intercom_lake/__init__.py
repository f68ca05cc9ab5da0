"""Merges batch files from object storage into Delta tables, and builds marts from them."""
