"""Checks of this machine: the temporary directory, and the folder for batch files."""

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
"""Environment variables that name the temporary directory; the first one that is set counts."""

MIN_FREE_BYTES = 1024 * 1024
"""Minimum free space for temporary files; the smallest archives need less."""

TEST_WRITE_BYTES = 4096
"""Size of the file that is written as a test."""

LOW_FREE_BYTES = 1_000_000_000
"""Free space below which a warning is logged: archives of busy workspaces are larger."""


def check_temporary_directory(environment: Mapping[str, str] = os.environ) -> tuple[str, int]:
    """Check that archives can be stored, by writing to the temporary directory.

    If TMPDIR is unusable, Python silently uses another directory, which may be small or not
    suitable for private data.

    Args:
        environment: The environment variables.

    Returns:
        The directory, and its free bytes.

    Raises:
        ConfigurationError: Files cannot be written there.
    """
    variable = next((name for name in TEMPORARY_VARIABLES if environment.get(name)), None)
    try:
        folder = environment[variable] if variable else tempfile.gettempdir()
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(TEST_WRITE_BYTES))
            file.flush()
        free = shutil.disk_usage(folder).free
        if free < MIN_FREE_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), folder)  # noqa: TRY301 - as write
    except OSError as error:
        where = f"{variable} ({environment[variable]})" if variable else "the usual directories"
        raise ConfigurationError(
            f"Temporary files cannot be written to {where} ({error.strerror or error}). Archives "
            "are downloaded there: set TMPDIR to a writable directory with enough space."
        ) from error
    return folder, free


def check_batch_folder(config: Mapping[str, Any]) -> None:
    """Check that files can be written to the folder of `batch_config`, if it is a local one.

    Args:
        config: The tap's configuration.

    Raises:
        ConfigurationError: They cannot.
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
            f"batch_config: files cannot be written to the storage root {root} "
            f"({error.strerror or error})"
        ) from error
