"""The temporary file that a download lies in: private, bounded, and gone after every exit."""

from __future__ import annotations

import contextlib
import tempfile
from typing import BinaryIO, cast

from tap_intercom_export.errors import TapError

PREFIX = "tap-intercom-export-"
"""How the names of temporary files begin, where they have one."""


def new_spool() -> BinaryIO:
    """Return an empty file that only this user can read and that has no name to be left behind."""
    return cast("BinaryIO", tempfile.TemporaryFile(prefix=PREFIX))


def discard(spool: BinaryIO) -> None:
    """Close a spool. Bytes that a full disk did not take are of no use any more."""
    with contextlib.suppress(OSError):
        spool.close()


def append(spool: BinaryIO, data: bytes, limit: int) -> None:
    """Write to the end of a spool.

    Args:
        spool: Where to.
        data: What.
        limit: Bytes that the spool may hold.

    Raises:
        TapError: The disk is full, or the limit is reached.
    """
    if spool.tell() + len(data) > limit:
        raise TapError(
            f"An archive is larger than {limit:,} bytes; raise max_archive_gigabytes if that is "
            "right, or lower window_days"
        )
    try:
        spool.write(data)
        spool.flush()
    except OSError as error:
        raise TapError(
            f"The archive does not fit into {tempfile.gettempdir()} ({error.strerror}): make room "
            "there, or let TMPDIR name a larger place"
        ) from error
