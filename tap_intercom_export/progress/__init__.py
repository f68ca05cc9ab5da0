"""How far a run is: its log, summary, metrics and progress bar."""
