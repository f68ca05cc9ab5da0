"""Ids that break clients which read ids as numbers."""

from __future__ import annotations

ABOVE_DOUBLE_PRECISION = 2**53 + 1
"""The smallest positive integer that a double cannot represent."""
