"""Types of the fixtures in tests/conftest.py that are functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from intercom_simulator import Simulator

Simulate: TypeAlias = Callable[..., Simulator]
"""Starts a simulator; takes the arguments of `Simulator`."""

Configure: TypeAlias = Callable[..., dict[str, Any]]
"""Returns a configuration of the tap for a simulator; takes other settings by name."""
