"""The settings: what they may be, what is wrong with them, and their values.

In: a config file, Meltano's environment variables, or a dictionary. Out: `Settings`, frozen and
in the units of the code, and one line for each problem or doubtful value.
"""

from __future__ import annotations

from tap_intercom_export.config.batch import PACKAGES, BatchSettings
from tap_intercom_export.config.schema import API_URLS, CONFIG_JSONSCHEMA, LOOPBACK_HOSTS
from tap_intercom_export.config.settings import DAY, Settings, put_workspace_into_batch_names
from tap_intercom_export.config.validation import (
    bad_file,
    check_state,
    find_warnings,
    from_environment,
    validate,
)

__all__ = [
    "API_URLS",
    "CONFIG_JSONSCHEMA",
    "DAY",
    "LOOPBACK_HOSTS",
    "PACKAGES",
    "BatchSettings",
    "Settings",
    "bad_file",
    "check_state",
    "find_warnings",
    "from_environment",
    "put_workspace_into_batch_names",
    "validate",
]
