"""Where batch files go: a folder or an object store, by fsspec. A file there is always whole."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import fsspec

from tap_intercom_export.config import STORAGE_PACKAGES
from tap_intercom_export.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

CHECK_NAME = "tap-intercom-export--check"
"""Name of the empty file that is written, and removed, before the first export job."""


class Storage:
    """A place for batch files.

    A file is written to the local disk first. A folder of this machine gets it by renaming it, an
    object store by an upload, which creates the object only when it completes; on other
    filesystems the file is renamed once it is complete.

    Args:
        root: A folder or a URL that fsspec knows.
        params: Arguments of its filesystem.

    Raises:
        TapError: fsspec does not know it.
    """

    def __init__(self, root: str, params: Mapping[str, Any]) -> None:
        try:
            self._fs, path = fsspec.url_to_fs(root, **params)
        except Exception as error:  # each filesystem has errors of its own
            raise TapError(
                f"batch_config.storage.root: {root} cannot be opened: {_text(error)}"
            ) from error
        self._root = str(path).rstrip("/")
        names = {self._fs.protocol} if isinstance(self._fs.protocol, str) else {*self._fs.protocol}
        self._is_local = "file" in names
        self._is_object_store = bool(names & STORAGE_PACKAGES.keys())
        self._unfinished: set[Path] = set()

    def check(self) -> None:
        """Check that files can be written, before hours are spent on an export job.

        Raises:
            TapError: They cannot.
        """
        with self._told(self._root):
            empty = self.new_path()
            empty.touch()
        self.put(empty, CHECK_NAME)
        self.remove(CHECK_NAME)

    def new_path(self) -> Path:
        """Return the path of a file on the local disk that does not exist yet.

        It is hidden, and on the disk of its final place where that is a folder.
        """
        folder = Path(self._root if self._is_local else tempfile.gettempdir())
        if self._is_local:
            folder.mkdir(parents=True, exist_ok=True)
        path = folder / f".tap-intercom-export-{uuid4().hex}.unfinished"
        self._unfinished.add(path)
        return path

    def discard(self, source: Path) -> None:
        """Delete a file on the local disk.

        Args:
            source: The file, at a `new_path`.
        """
        source.unlink(missing_ok=True)
        self._unfinished.discard(source)

    def discard_all(self) -> None:
        """Delete all files on the local disk, whose rows the next run writes again."""
        for source in tuple(self._unfinished):
            with contextlib.suppress(OSError):
                self.discard(source)

    def put(self, source: Path, name: str) -> str:
        """Put a finished file in place.

        Args:
            source: The file, at a `new_path`. It is gone afterwards.
            name: Its name below the root.

        Returns:
            Its URL.

        Raises:
            TapError: It cannot be written.
        """
        path = f"{self._root}/{name}"
        url: str = self._fs.unstrip_protocol(path)
        try:
            with self._told(url):
                self._put(source, path)
        finally:
            self.discard(source)
        return url

    def _put(self, source: Path, path: str) -> None:
        folder, _, last = path.rpartition("/")
        if self._is_object_store:
            self._fs.put_file(str(source), path)
            return
        self._fs.makedirs(folder, exist_ok=True)
        if self._is_local:
            source.replace(path)
            return
        unfinished = f"{folder}/.{last}.unfinished"
        self._fs.put_file(str(source), unfinished)
        self._fs.mv(unfinished, path)

    @contextlib.contextmanager
    def _told(self, url: str) -> Generator[None]:
        """Tell what cannot be written, and why."""
        try:
            yield
        except Exception as error:  # each filesystem has errors of its own
            raise TapError(
                f"batch_config.storage.root: {url} cannot be written: {_text(error)}"
            ) from error

    def remove(self, name: str) -> None:
        """Remove a file where that is allowed; many stores are for writing only."""
        with contextlib.suppress(Exception):
            self._fs.rm_file(f"{self._root}/{name}")


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
