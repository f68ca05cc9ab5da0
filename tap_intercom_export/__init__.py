"""Singer tap for Intercom's asynchronous message export."""

METRICS_LEVEL_VARIABLE = "TAP_INTERCOM_EXPORT_METRICS_LOGLEVEL"
"""Environment variable with the log level of METRIC lines."""
