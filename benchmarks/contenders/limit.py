"""The limit: unpack the archive and count its lines, the fastest way the standard library has.

Give the archive as the argument. (`for line in member`, the shorter way, takes thrice as long.)
"""

from __future__ import annotations

import sys
import zipfile


def lines(archive: str) -> int:
    """Return the number of lines of all files of an archive."""
    found = 0
    with zipfile.ZipFile(archive) as pack:
        for name in pack.namelist():
            with pack.open(name) as member:
                while chunk := member.read(1024 * 1024):
                    found += chunk.count(b"\n")
    return found


if __name__ == "__main__":
    sys.stdout.write(f"{lines(sys.argv[1])}\n")
