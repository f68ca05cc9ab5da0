"""Where batch files go: a folder or an object store, by fsspec. A file there is always whole."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec

from tap_intercom_export.config.batch import PACKAGES
from tap_intercom_export.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECK_NAME = "tap-intercom-export--check"
"""Name of the empty file that is written, and removed, before the first export job."""

SCRATCH_PREFIX = "tap-intercom-export-"
"""Name of the folders of the local disk in which files are made."""


class Storage:
    """A place for batch files.

    A file is made on the local disk and then put in place. An object store shows an object when
    the upload has ended; elsewhere the file gets its name when all of it is there.

    Args:
        root: A folder or a URL that fsspec knows.
        params: Arguments of its filesystem.

    Raises:
        TapError: fsspec does not know it.
    """

    def __init__(self, root: str, params: Mapping[str, Any]) -> None:
        try:
            self._fs, self._root = fsspec.url_to_fs(root, **params)
        except Exception as error:  # each filesystem has errors of its own
            raise TapError(
                f"batch_config.storage.root: {root} cannot be opened: {_text(error)}"
            ) from error
        protocols = self._fs.protocol
        names = {protocols} if isinstance(protocols, str) else set(protocols)
        self._is_object_store = bool(names & PACKAGES.keys())

    def check(self) -> None:
        """Find out whether files can be written, before an export job is paid for in hours.

        Raises:
            TapError: They cannot.
        """
        with tempfile.TemporaryDirectory(prefix=SCRATCH_PREFIX) as folder:
            empty = Path(folder, CHECK_NAME)
            empty.touch()
            self.put(empty, CHECK_NAME)
        self.remove(CHECK_NAME)

    def put(self, source: Path, name: str) -> str:
        """Put a finished file in place.

        Args:
            source: The file on the local disk; it stays there.
            name: Its name below the root.

        Returns:
            Its URL.

        Raises:
            TapError: It cannot be written.
        """
        path = f"{self._root.rstrip('/')}/{name}"
        url: str = self._fs.unstrip_protocol(path)
        try:
            if self._is_object_store:
                self._fs.put_file(str(source), path)
            else:
                folder, _, last = path.rpartition("/")
                self._fs.makedirs(folder, exist_ok=True)
                unfinished = f"{folder}/.{last}.unfinished"
                self._fs.put_file(str(source), unfinished)
                self._fs.mv(unfinished, path)
        except Exception as error:  # each filesystem has errors of its own
            raise TapError(
                f"batch_config.storage.root: {url} cannot be written: {_text(error)}"
            ) from error
        return url

    def remove(self, name: str) -> None:
        """Remove a file where that is allowed; many stores are for writing only."""
        with contextlib.suppress(Exception):
            self._fs.rm_file(f"{self._root.rstrip('/')}/{name}")


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
