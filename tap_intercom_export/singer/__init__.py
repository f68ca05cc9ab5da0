"""Output of Singer messages to stdout, and of records to batch files.

In: messages and blocks of message lines, from the main thread. Out: complete lines on stdout, even
when a signal arrives.

Nothing is exported here: `cli.py` imports `stdout` before the SDK is loaded, and `batch.output` is
needed only with `batch_config`.
"""
