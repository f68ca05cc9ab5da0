"""Runs the simulator: `python -m intercom_simulator`."""

from intercom_simulator.cli import main

if __name__ == "__main__":
    main()
