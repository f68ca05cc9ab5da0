"""Skips tests of the compiled encoder where the tap was installed without a C compiler."""

from __future__ import annotations

import pytest

from tap_intercom_export.rows import Encoder

needs_compiled_encoder = pytest.mark.skipif(
    not Encoder.is_compiled, reason="the tap has no compiled encoder here: there is no C compiler"
)
