"""Runs the simulator: `python -m tap_intercom_export.simulator`."""

from tap_intercom_export.simulator.cli import main

if __name__ == "__main__":
    main()
