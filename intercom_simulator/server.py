"""The HTTP listener: passes requests to an application and applies faults to its responses."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast

from intercom_simulator.delivery import apply_fault, plan_delivery, reset_connection, send_body
from intercom_simulator.faults import Fault
from intercom_simulator.http_messages import Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from intercom_simulator.http_messages import Response

_HOST = "127.0.0.1"


class Listener:
    """Serves HTTP on a local port, with one thread for each connection.

    Args:
        host: Name of this host in recorded requests: `api` or `storage`.
        port: The port; 0 for any free port.
        now: Returns the simulated time.
        fault: Returns the fault that applies to a request.
        respond: Returns the response to a request.
        log: Called with every request once its response is known.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        now: Callable[[], datetime],
        fault: Callable[[Request], Fault | None],
        respond: Callable[[Request], Response],
        log: Callable[[Request], None],
    ) -> None:
        self.host = host
        self.now = now
        self.fault = fault
        self.respond = respond
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
        """Start to serve requests."""
        self._thread.start()

    def stop(self) -> None:
        """Close all connections and free the port."""
        self.stopping.set()
        if self._thread.is_alive():
            # wakes the thread at once; `serve_forever` only polls its stop flag
            with suppress(OSError):
                socket.create_connection((_HOST, self.port)).close()
            self._thread.join()
        self._server.server_close()
        self._server.close_connections()

    def _run(self) -> None:
        while not self.stopping.is_set():
            self._server.handle_request()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    listener: Listener

    def __init__(self, *arguments: Any) -> None:
        self._open_sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open_sockets.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open_sockets.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect: cut connections are part of the tests."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        with self._lock:
            for connection in self._open_sockets:
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

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  - name of the base class
        """Log nothing here: the listener records requests."""

    def _serve(self) -> None:
        listener = cast("_Server", self.server).listener
        request = self._request(listener)
        fault = listener.fault(request) or Fault()
        response = listener.respond(request) if fault.reaches_api else None
        delivery = plan_delivery(apply_fault(response, fault), fault)
        no_response = fault.close_connection or (fault.reset and delivery.appears_complete)
        request.status = None if no_response else delivery.response.status
        listener.log(request)
        listener.stopping.wait(fault.delay_seconds)
        if not no_response:
            self.send_response_only(delivery.response.status)
            self.send_header("Server", self.version_string())
            if "Date" not in delivery.headers:
                self.send_header("Date", self.date_time_string())
            for name, value in delivery.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.flush()
            send_body(delivery, self.wfile, listener.stopping)
        if fault.reset:
            reset_connection(self.connection)
        if no_response or fault.reset or delivery.closes_connection:
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
            received_at=listener.now(),
            host=listener.host,
        )
