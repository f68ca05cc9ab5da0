"""Runs the tap with a clock that skips pauses: `python -m tests.harness.quick_tap --config …`."""

from __future__ import annotations

from tap_intercom_export.cli import main
from tap_intercom_export.tap import TapIntercomExport
from tests.harness.quick_clock import QuickClock

if __name__ == "__main__":
    TapIntercomExport.clock_class = QuickClock
    main()
