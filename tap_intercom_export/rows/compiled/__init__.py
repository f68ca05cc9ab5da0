"""The compiled encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_intercom_export.rows.compiled.plan import EncodingPlan

if TYPE_CHECKING:
    from tap_intercom_export.rows.compiled.block_encoder import BlockEncoder
else:
    try:
        from tap_intercom_export.rows.compiled.block_encoder import BlockEncoder
    except ImportError:  # installed from source without a C compiler
        BlockEncoder = None

__all__ = ["BlockEncoder", "EncodingPlan"]
