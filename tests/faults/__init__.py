"""Faults, done to the tap on purpose: `make faults`, or `python -m tests.faults`.

The tap runs against the simulator over real HTTP; deaths are real signals to a real process. What
happens is data (`scenarios.py`, `deaths.py`), so that it reads as a sentence, is shown as a matrix
and is tested with every container; what must hold is in one place (`play.py`): every row that the
simulated workspace has arrives, and no bookmark is ever past a row that has not.
"""
