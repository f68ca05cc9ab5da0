"""Downloads over lines that always break: large files arrive, and none goes on forever."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import pytest
from typing_extensions import override

from tap_intercom_export.errors import UnavailableError
from tests.harness.downloads import download, serving

FILE = b"receipt_id\n" + b"12345678\n" * 200_000
"""1.8 MB: an attempt has to bring 180 bytes to make progress."""

PATIENCE_REQUESTS = 300
"""Number of requests after which a test server sends everything, so that a test cannot hang."""


@dataclass(frozen=True)
class Line:
    """How a server sends the file.

    Args:
        cut: Bytes of each response, after which the connection ends.
        announce_all: Whether the response announces the rest of the file, so that the cut is seen;
            else it announces what it sends.
        new_etags: Whether each response has another ETag, and the whole file.
        pause_seconds: Pause after each byte.
        has_end: Whether a whole response has the end that chunked responses need.
    """

    cut: int
    announce_all: bool = True
    new_etags: bool = False
    pause_seconds: float = 0.0
    has_end: bool = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, line: Line) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.line = line
        self.numbers = count(1)
        self.requests = 0


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        line = server.line
        server.requests = number = next(server.numbers)
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        first = int(wanted[1]) if wanted and not line.new_etags else 0
        rest = FILE[first:]
        # with another ETag each time, every second attempt gets a byte further than all before
        size = line.cut + number * (number % 2) if line.new_etags else line.cut
        body = rest if number > PATIENCE_REQUESTS else rest[:size]
        if not line.has_end:
            self._send_without_end(rest)
            return
        announced = len(rest) if line.announce_all else len(body)
        self.send_response(206 if first or not line.announce_all else 200)
        self.send_header("Content-Length", str(announced))
        if first or not line.announce_all:
            self.send_header("Content-Range", f"bytes {first}-{first + announced - 1}/{len(FILE)}")
        self.send_header("ETag", f'"{number}"' if line.new_etags else '"same"')
        self.end_headers()
        pieces = [body[i : i + 1] for i in range(len(body))] if line.pause_seconds else [body]
        with suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                self.wfile.write(piece)
                time.sleep(line.pause_seconds)

    def _send_without_end(self, rest: bytes) -> None:
        self.protocol_version = "HTTP/1.1"
        self.close_connection = True
        self.send_response(200 if rest else 416)
        self.send_header("ETag", '"same"')
        if rest:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Range", f"bytes */{len(FILE)}")
            self.send_header("Content-Length", "0")
        self.end_headers()
        if rest:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(rest), rest))

    @override
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.mark.parametrize("announce_all", [True, False], ids=["cut", "capped"])
def test_large_file_arrives_over_a_line_that_always_breaks(*, announce_all: bool) -> None:
    with serving(_Server(Line(cut=len(FILE) // 100, announce_all=announce_all))) as server:
        assert download(server) == FILE
    assert server.requests == 101


@pytest.mark.parametrize(
    "line",
    [
        Line(cut=9),
        Line(cut=9, announce_all=False),
        Line(cut=9, new_etags=True),
    ],
    ids=["cut", "capped", "another ETag each time"],
)
def test_download_that_gets_a_few_bytes_at_a_time_ends(line: Line) -> None:
    with serving(_Server(line)) as server, pytest.raises(UnavailableError, match="failed 9 times"):
        download(server)
    assert server.requests < 20


def test_download_that_is_sent_byte_by_byte_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause is as long as `request_timeout_seconds`, and the server never closes."""
    monkeypatch.setattr("tap_intercom_export.intercom.download.MAX_DOWNLOAD_SECONDS", 0.3)
    with (
        serving(_Server(Line(cut=200, pause_seconds=0.02))) as server,
        pytest.raises(UnavailableError, match=r"not complete after 0\.3 s: \d+ bytes arrived"),
    ):
        download(server)
    assert server.requests == 1


def test_download_without_the_end_of_its_response_is_complete() -> None:
    """As behind a proxy that closes the connection before the last, empty chunk."""
    with serving(_Server(Line(cut=0, has_end=False))) as server:
        assert download(server) == FILE
    assert server.requests == 2
