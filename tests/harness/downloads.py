"""Servers that a test writes by hand, and downloads from them with the tap's own downloader."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from tap_intercom_export.archive import Spool
from tap_intercom_export.intercom import Downloader, IntercomClient
from tap_intercom_export.tap import TapIntercomExport
from tests.harness.quick_clock import QuickClock

if TYPE_CHECKING:
    from collections.abc import Generator
    from http.server import HTTPServer
    from socketserver import BaseServer

ServerT = TypeVar("ServerT", bound="BaseServer")

MAX_BYTES = 16 * 1024 * 1024


@contextmanager
def serving(server: ServerT) -> Generator[ServerT]:
    """Run a server in another thread, and close it afterwards."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def download(server: HTTPServer) -> bytes:
    """Return what arrives of the file `/x` of a server; pauses take no time."""
    url = f"http://127.0.0.1:{server.server_port}"
    config = {"access_token": "t", "api_url": url, "start_date": "2025-01-01"}
    settings = TapIntercomExport(config=config, setup_mapper=False).settings
    spool = Spool(MAX_BYTES)
    Downloader(IntercomClient(settings, "test", QuickClock())).download("/x", spool)
    spool.file.seek(0)
    return spool.file.read()
