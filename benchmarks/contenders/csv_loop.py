"""A loop over `csv.DictReader` with the archive in memory, as in most taps for such exports.

Argument: URL of the archive. Uses `write_record` of singer-python if it is installed in its
separate environment, else an equal function below.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from typing import Any

import requests

try:
    from tests.harness.singer import write_record  # type: ignore[attr-defined, import-not-found, unused-ignore]  # ty: ignore
except ImportError:

    def write_record(stream: str, record: dict[str, Any]) -> None:
        """Write a record like singer-python."""
        message = {"type": "RECORD", "stream": stream, "record": record}
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Download the archive, and write a record for each row."""
    content = requests.get(sys.argv[1], timeout=60).content
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        for name in pack.namelist():
            text = pack.read(name).decode("utf-8")
            for row in csv.DictReader(io.StringIO(text)):
                write_record("receipt", {column: cell or None for column, cell in row.items()})


if __name__ == "__main__":
    main()
