"""Fault injection: `make faults`, or `python -m tests.faults`.

The tap runs against the simulator over real HTTP; terminations are real signals to a real process.
The faults are data (`scenarios/`, `terminations.py`), so that they can be listed in a matrix and
tested with every container. `runner.py` checks what must always hold: every row of the simulated
workspace is loaded, and no bookmark is later than a row that was not written.
"""
