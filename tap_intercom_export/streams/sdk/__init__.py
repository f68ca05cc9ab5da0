"""Base classes of the streams; the only code that uses private parts of `singer_sdk.Stream`.

The docstring of each module lists the private methods that it overrides or calls, and why.
"""

from __future__ import annotations

from tap_intercom_export.streams.sdk.base import TapStream
from tap_intercom_export.streams.sdk.blocks import BlockStream
from tap_intercom_export.streams.sdk.full_table import FullTableStream

__all__ = ["BlockStream", "FullTableStream", "TapStream"]
