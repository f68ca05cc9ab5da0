"""Command line entry point: turns exceptions into one log line and an exit status."""

from __future__ import annotations

import logging
import os
import signal
import sys
import warnings

from tap_intercom_export import METRICS_LEVEL_VARIABLE
from tap_intercom_export.singer import stdout

TAP_NAME = "tap-intercom-export"
"""Name of the tap, and of its logger."""

VARIABLE_PREFIX = "TAP_INTERCOM_EXPORT_"
"""Beginning of the environment variables of the tap."""

SUPPRESSED_MESSAGES = (
    "Added '%s' as child stream",  # for each of forty streams, also on --discover
    "Child stream '%s' ",  # likewise, when its parent calls it
    "Skipping deselected stream",
    "Selection metadata omitted",  # for each of a thousand properties
    "Config validation failed",  # after the line that says what is wrong
    "Skipping parse of env var",  # without --config=ENV
    "Parsing env var for",  # with --config=ENV
    "Parsing '%s' config from env variable",  # for each setting in the environment
)
"""Beginnings of SDK log messages that users do not need."""

NOISY_LOGGERS = (TAP_NAME, "singer_sdk.configuration._dict_config", "singer_sdk.singerlib.catalog")
"""Loggers of these messages. A filter applies to its own logger only, not to child loggers."""

LOG_LEVELS = ("debug", "info", "warning", "error", "critical")
"""Levels that environment variables may name."""


def main() -> None:
    """Run the tap with the arguments of the process, and exit.

    After an error the exit status is that of its class (`errors.ExitStatus`), after a wrong
    argument 2, after a signal 128 plus the signal number.
    """
    logger = logging.getLogger(TAP_NAME)
    for name in NOISY_LOGGERS:
        logging.getLogger(name).addFilter(
            lambda record: not str(record.msg).startswith(SUPPRESSED_MESSAGES)
        )
    # Meltano enables these warnings for all plugins, and the SDK does not close its files
    warnings.simplefilter("ignore", ResourceWarning)
    for signum in (signal.SIGINT, signal.SIGTERM):  # until the tap installs its own handlers
        signal.signal(signum, lambda number, _: os._exit(128 + number))
    try:
        _check_level()
        # Imported here, so that Ctrl-C during the import is handled as above
        from tap_intercom_export.tap import TapIntercomExport  # noqa: PLC0415

        TapIntercomExport.cli()
    except BrokenPipeError:
        _log_reader_gone(logger)
    except SystemExit as end:  # click turns some broken pipes into an exit status
        if end.code != 1 or not stdout.is_reader_gone():
            raise
        _log_reader_gone(logger)
    except Exception as error:  # noqa: BLE001 - users get one line for any error
        sys.exit(log_error(logger, error))
    sys.exit(1)


def _check_level() -> None:
    """Validate the log levels that the SDK reads from the environment.

    Raises:
        ConfigurationError: A level does not exist.
    """
    names = (f"{VARIABLE_PREFIX}LOGLEVEL", "LOGLEVEL")
    first = next((name for name in names if os.environ.get(name)), None)
    for variable in (first, METRICS_LEVEL_VARIABLE):
        level = os.environ.get(variable or "")
        try:
            logging.NullHandler().setLevel((level or LOG_LEVELS[1]).upper())
        except ValueError:
            from tap_intercom_export.errors import ConfigurationError  # noqa: PLC0415 - see above

            allowed = ", ".join(LOG_LEVELS)
            raise ConfigurationError(
                f"{variable}: must be one of {allowed}, not {level!r}"
            ) from None


def _log_reader_gone(logger: logging.Logger) -> None:
    """Log that stdout was closed, and keep Python from failing on it again at exit."""
    logger.info("stdout was closed by its reader; stopping")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def log_error(logger: logging.Logger, error: Exception) -> int:
    """Log an error in one line, with its traceback only at log level DEBUG.

    Args:
        logger: The tap's logger.
        error: What ended the run.

    Returns:
        The exit status.
    """
    from singer_sdk.exceptions import (  # noqa: PLC0415 - see above
        ConfigValidationError,
        MapExpressionError,
        StreamMapConfigError,
    )

    from tap_intercom_export.config import (  # noqa: PLC0415
        find_bad_option_file,
        find_setting_hint,
    )
    from tap_intercom_export.errors import (  # noqa: PLC0415
        ExitStatus,
        SettingsError,
        TapError,
        exit_status_of,
    )

    if isinstance(error, (ConfigValidationError, SettingsError)):
        lines = error.lines if isinstance(error, SettingsError) else error.errors
        for line in lines:
            logger.error("%s", line)
        if hint := find_setting_hint(lines, sys.argv[1:], os.environ, VARIABLE_PREFIX):
            logger.error("%s", hint)
        return ExitStatus.CONFIGURATION
    message = f"{type(error).__name__}: {error}"
    status = exit_status_of(error)
    if isinstance(error, TapError):
        message = str(error)
    elif isinstance(error, (MapExpressionError, StreamMapConfigError)):
        message, status = f"stream_maps: {error}", ExitStatus.CONFIGURATION
    elif isinstance(error, (TypeError, ValueError)) and (
        problem := find_bad_option_file(sys.argv[1:])
    ):
        message, status = problem, ExitStatus.CONFIGURATION  # the SDK does not name the file
    logger.error("%s", message, exc_info=error if logger.isEnabledFor(logging.DEBUG) else None)
    return status
