"""The HTTP listener: sockets in, requests to an application, answers and their faults out."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast

from intercom_simulator.delivery import deliver, faulty, plan, reset
from intercom_simulator.faults import Fault
from intercom_simulator.messages import Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from intercom_simulator.messages import Answer

_HOST = "127.0.0.1"


class Listener:
    """Answers HTTP on a port of this machine, one thread a connection.

    Args:
        host: What logged requests call it: `api` or `storage`.
        port: The port; 0 for any free one.
        now: Tells the time.
        fault: Gives the fault a request meets.
        answer: Answers a request.
        log: Gets every request once its answer is known.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        now: Callable[[], datetime],
        fault: Callable[[Request], Fault | None],
        answer: Callable[[Request], Answer],
        log: Callable[[Request], None],
    ) -> None:
        self.host = host
        self.now = now
        self.fault = fault
        self.answer = answer
        self.log = log
        self.stopping = threading.Event()
        self._server = _Server((_HOST, port), _Handler)
        self._server.listener = self
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End all connections and free the port."""
        self.stopping.set()
        if self._thread.is_alive():
            # wakes the thread at once, where `serve_forever` would only look from time to time
            with suppress(OSError):
                socket.create_connection((_HOST, self.port)).close()
            self._thread.join()
        self._server.server_close()
        self._server.hang_up()

    def _run(self) -> None:
        while not self.stopping.is_set():
            self._server.handle_request()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    listener: Listener

    def __init__(self, *arguments: Any) -> None:
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about clients that go away: cut connections are what this server is for."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65_536

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def version_string(self) -> str:
        return "nginx"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  - the parent's name
        """Stay quiet: the listener logs requests."""

    def _serve(self) -> None:
        listener = cast("_Server", self.server).listener
        request = self._request(listener)
        fault = listener.fault(request) or Fault()
        answer = listener.answer(request) if fault.reaches_api else None
        delivery = plan(faulty(answer, fault), fault)
        silent = fault.hang_up or (fault.reset and delivery.whole)
        request.status = None if silent else delivery.answer.status
        listener.log(request)
        listener.stopping.wait(fault.delay)
        if not silent:
            self.send_response_only(delivery.answer.status)
            self.send_header("Server", self.version_string())
            if "Date" not in delivery.headers:
                self.send_header("Date", self.date_time_string())
            for name, value in delivery.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.flush()
            deliver(delivery, self.wfile, listener.stopping)
        if fault.reset:
            reset(self.connection)
        if silent or fault.reset or delivery.last:
            self.close_connection = True

    def _request(self, listener: Listener) -> Request:
        path, _, query = self.path.partition("?")
        size = int(self.headers.get("Content-Length") or 0)
        return Request(
            method=self.command,
            path=path,
            query=query,
            headers=dict(self.headers.items()),
            body=self.rfile.read(size),
            at=listener.now(),
            host=listener.host,
        )
