"""Configurations of the settings tests, and the settings, errors and warnings they give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_intercom_export.tap import TapIntercomExport

if TYPE_CHECKING:
    from tap_intercom_export.config.settings import Settings

TOKEN = "dG9rOmFi-secret-token"  # noqa: S105 - not a real token
PREFIX = "TAP_INTERCOM_EXPORT_"
GOOD: dict[str, Any] = {"access_token": TOKEN, "start_date": "2026-01-01"}
DAY = 86_400


def settings_of(**config: Any) -> Settings:
    """Return the settings of a valid configuration."""
    return TapIntercomExport(config={**GOOD, **config}).settings


def problems_of(**config: Any) -> list[str]:
    """Return the problems of a configuration; a setting with the value `...` is omitted."""
    whole = {name: value for name, value in {**GOOD, **config}.items() if value is not ...}
    with pytest.raises(ConfigValidationError) as caught:
        TapIntercomExport(config=whole)
    return list(caught.value.errors)
