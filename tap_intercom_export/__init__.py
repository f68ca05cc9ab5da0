"""Singer tap for Intercom's asynchronous message export."""
