"""BATCH: records to files, and messages that name the files.

This package neither uses nor registers batch encoders of the SDK (entry point group
`singer_sdk.batch_encoders`): such an encoder receives Python objects one by one, does not know the
SCHEMA, and is selected by name among those of all installed packages, so ours would replace the
SDK's in every other tap of the environment.
"""
