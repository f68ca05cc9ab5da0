"""A minimal Intercom in a separate process: every job completes at once with the same archive.

The simulator generates its data while the tap waits, which must not be part of the measurement.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from benchmarks.shapes import REPORT, REPORT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Generator

TOKEN = "benchmark"  # noqa: S105 - it opens nothing
_JOB = "abcdefghijklmnop"
_PREFIXES = {"time": "timestamp", "duration": "duration"}
DATASET = {
    "id": REPORT,
    "name": "Tickets",
    "default_time_attribute_id": REPORT_COLUMNS[1],
    "attributes": [
        {
            "id": name,
            "name": name.replace("_", " "),
            "qualified_id": f"{_PREFIXES.get(name.split('_')[1], 'standard')}.{name}",
        }
        for name in REPORT_COLUMNS
    ],
}
"""The entry of the reporting dataset in the list of datasets."""


class _Handler(BaseHTTPRequestHandler):
    """Responds to the requests of an export; all other lists are empty."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    archive: Path
    is_report: bool

    def do_POST(self) -> None:
        """Create a job."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._json({"job_identifier": _JOB, "status": "pending", "download_url": ""})

    def do_GET(self) -> None:
        """Return the datasets, the completed job, or the archive."""
        if self.path.startswith("/download/"):
            with self.archive.open("rb") as file:
                self.send_response(200)
                self.send_header("Content-Type", "application/octet-stream")
                self.send_header("Content-Length", str(self.archive.stat().st_size))
                self.end_headers()
                shutil.copyfileobj(file, self.wfile, 1024 * 1024)
        elif self.path == "/export/reporting_data/get_datasets":
            self._json({"type": "list", "data": [DATASET]})
        elif self.path.startswith("/export/"):
            has_rows = self.is_report == self.path.startswith("/export/reporting_data/")
            status = "completed" if has_rows else "no_data"
            self._json({"job_identifier": _JOB, "status": status, "download_url": ""})
        else:
            self._json({"type": "list", "data": [], "pages": {"total_pages": 1}})

    def _json(self, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(archive: Path, *, is_report: bool = False) -> Generator[str]:
    """Serve an archive until the `with` block ends.

    Args:
        archive: Archive of every job.
        is_report: Whether it belongs to a reporting export; message exports then have no data.

    Yields:
        The server's address.
    """
    options = ["--report"] if is_report else []
    with subprocess.Popen(  # noqa: S603 - this very module
        [sys.executable, "-m", __name__, str(archive.resolve()), *options],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield (process.stdout.readline() if process.stdout else "").strip()
        finally:
            process.terminate()


def main() -> None:
    """Serve the archive of the argument on a free port, and print the URL."""
    _Handler.archive = Path(sys.argv[1])
    _Handler.is_report = "--report" in sys.argv
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
