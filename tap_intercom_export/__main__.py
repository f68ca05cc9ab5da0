"""Entry point of `python -m tap_intercom_export`."""

from tap_intercom_export.cli import main

if __name__ == "__main__":
    main()
