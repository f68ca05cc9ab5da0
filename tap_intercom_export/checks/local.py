"""Checks of this machine: the temporary directory, and packages that a setting needs."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tap_intercom_export.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPORARY_VARIABLES = ("TMPDIR", "TEMP", "TMP")
"""Environment variables that name the temporary directory; the first that is set counts."""

MIN_FREE_BYTES = 1024 * 1024
"""Bytes that must be free there; the smallest archives are less."""

TRIAL_BYTES = 4096
"""Bytes written there to find out whether anything can be."""

LOW_FREE_BYTES = 1_000_000_000
"""Bytes below which there is a warning: archives of busy workspaces are larger."""


def check_temporary_directory(environment: Mapping[str, str] = os.environ) -> tuple[str, int]:
    """Find out whether archives can be spooled, by writing to the temporary directory.

    Python falls back to another directory where TMPDIR is unusable, without saying so; that one
    may be small, or not meant for private data.

    Args:
        environment: The environment variables.

    Returns:
        The directory, and the bytes that are free in it.

    Raises:
        ConfigurationError: Nothing can be written there.
    """
    variable = next((name for name in TEMPORARY_VARIABLES if environment.get(name)), None)
    try:
        folder = environment[variable] if variable else tempfile.gettempdir()
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(TRIAL_BYTES))
            file.flush()
        free = shutil.disk_usage(folder).free
        if free < MIN_FREE_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), folder)  # noqa: TRY301 - as write
    except OSError as error:
        where = f"{variable} ({environment[variable]})" if variable else "the usual directories"
        raise ConfigurationError(
            f"Temporary files cannot be written to {where} ({error.strerror or error}). Archives "
            "are downloaded there: set TMPDIR to a directory that is writable and has room."
        ) from error
    return folder, free


def check_batch_folder(config: Mapping[str, Any]) -> None:
    """Find out whether the folder of `batch_config` can be written, where it is on this machine.

    Args:
        config: The tap's configuration.

    Raises:
        ConfigurationError: It cannot.
    """
    root = str(((config.get("batch_config") or {}).get("storage") or {}).get("root") or "")
    parts = urlsplit(root)
    if parts.scheme not in {"", "file"} or not root:
        return
    folder = Path(parts.path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        raise ConfigurationError(
            f"batch_config: nothing can be written to the storage root {root} "
            f"({error.strerror or error})"
        ) from error
