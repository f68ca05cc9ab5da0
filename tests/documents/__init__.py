"""README and docs/: every block is run or validated, every link leads somewhere."""
