"""The settings: their JSON schema, validation, and values.

In: a config file, Meltano's environment variables, or a dictionary. Out: frozen `Settings` in the
units that the code uses, and one message for each invalid or doubtful setting. A new setting begins
in `schema`.
"""

from __future__ import annotations

from tap_intercom_export.config.arguments import (
    check_catalog,
    check_state,
    find_bad_option_file,
    find_setting_hint,
)
from tap_intercom_export.config.batch import STORAGE_PACKAGES, BatchSettings
from tap_intercom_export.config.schema import API_URLS, CONFIG_JSONSCHEMA, LOOPBACK_HOSTS
from tap_intercom_export.config.settings import Settings, add_workspace_to_batch_prefix
from tap_intercom_export.config.validation import (
    config_from_environment,
    find_warnings,
    validate,
)

__all__ = [
    "API_URLS",
    "CONFIG_JSONSCHEMA",
    "LOOPBACK_HOSTS",
    "STORAGE_PACKAGES",
    "BatchSettings",
    "Settings",
    "add_workspace_to_batch_prefix",
    "check_catalog",
    "check_state",
    "config_from_environment",
    "find_bad_option_file",
    "find_setting_hint",
    "find_warnings",
    "validate",
]
