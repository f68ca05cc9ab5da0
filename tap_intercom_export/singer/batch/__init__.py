"""BATCH: records to files, and messages that name the files.

The SDK's own encoders (entry point group `singer_sdk.batch_encoders`) are not used, and these are
none of them: such an encoder gets Python objects one by one, does not know the SCHEMA, and is
chosen by its name among those of all installed packages, so that ours would replace the SDK's in
every other tap of the environment.
"""
