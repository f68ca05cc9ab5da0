"""Checks before something is asked of Intercom, and those of `--test`."""
