"""`python -m tap_intercom_export` is `tap-intercom-export`."""

from tap_intercom_export.cli import main

if __name__ == "__main__":
    main()
