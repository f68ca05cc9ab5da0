"""The tap as a process of its own whose pauses are short: `python -m faults.quick --config …`."""

from __future__ import annotations

from faults.clock import QuickClock
from tap_intercom_export.cli import main
from tap_intercom_export.tap import TapIntercomExport

if __name__ == "__main__":
    TapIntercomExport.clock_class = QuickClock
    main()
