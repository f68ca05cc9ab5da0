"""Singer messages to stdout or to batch files.

In: messages and blocks of message lines, from the main thread. Out: whole lines on stdout,
whatever signal comes.

Nothing is exported here: `stdout` is imported by `cli.py` before the SDK, and `batch.output` only
where `batch_config` is set.
"""
