"""Applies faults: turns a response and a fault into the bytes sent on a connection."""

from __future__ import annotations

import json
import socket
import struct
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from intercom_simulator.http_messages import Body, Response

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator
    from io import BufferedIOBase

    from intercom_simulator.faults import Fault

_REDIRECT = 302
_JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Delivery:
    """What is sent on the connection.

    Args:
        response: The response, with the fault applied.
        headers: All headers of the response.
        body_bytes: Number of bytes of the body to send.
        appears_complete: Whether the length or the chunks hide that the body was cut.
        closes_connection: Whether the connection is closed afterwards.
        fault: The fault.
    """

    response: Response
    headers: dict[str, str]
    body_bytes: int
    appears_complete: bool
    closes_connection: bool
    fault: Fault


def apply_fault(response: Response | None, fault: Fault) -> Response:
    """Apply a fault to the status, the headers and the body of a response.

    Args:
        response: The response of the API; None if the API was not called.
        fault: The fault.

    Returns:
        The changed response.
    """
    response = response or Response(int(HTTPStatus.OK), {"Content-Type": _JSON})
    headers = dict(response.headers)
    body = response.body
    status = response.status if fault.status is None else fault.status
    if fault.redirect is not None:
        headers["Location"] = fault.redirect
        status = fault.status or _REDIRECT
    if fault.body is not None:
        body = Body.from_source(_encode_body(fault.body))
    if fault.empty_body:
        body = Body.from_source(b"")
    for name, value in fault.headers.items():
        headers.pop(name, None)
        if value is not None:
            headers[name] = value
    return replace(response, status=status, headers=headers, body=body)


def plan_delivery(response: Response, fault: Fault) -> Delivery:
    """Determine how much of the body is sent and which length the headers announce.

    Args:
        response: The response, already changed by `apply_fault`.
        fault: The fault of the transfer.

    Returns:
        What to send.
    """
    size = response.body.size
    body_bytes = size if fault.cut_fraction is None else int(size * fault.cut_fraction)
    if fault.cut_after_bytes is not None:
        body_bytes = min(body_bytes, fault.cut_after_bytes)
    appears_complete = fault.hide_cut or body_bytes == size
    headers = dict(response.headers)
    if response.chunked:
        headers["Transfer-Encoding"] = "chunked"
    elif "Content-Length" not in fault.headers:
        headers["Content-Length"] = str(body_bytes if appears_complete else size)
    closes_connection = not appears_complete or "Content-Length" in fault.headers
    return Delivery(response, headers, body_bytes, appears_complete, closes_connection, fault)


def send_body(delivery: Delivery, out: BufferedIOBase, stop: threading.Event) -> None:
    """Send the body of a response, after its head.

    Args:
        delivery: What to send.
        out: The connection.
        stop: Event that ends a pause early.
    """
    sent = 0
    for chunk in _truncate(_corrupted(delivery), delivery.body_bytes):
        stall = delivery.fault.stall_after_bytes
        if stall is not None and sent <= stall < sent + len(chunk):
            _send_chunk(chunk[: stall - sent], delivery, out)
            out.flush()
            stop.wait(delivery.fault.stall_seconds)
            _send_chunk(chunk[stall - sent :], delivery, out)
        else:
            _send_chunk(chunk, delivery, out)
        sent += len(chunk)
    if delivery.response.chunked and delivery.appears_complete:
        out.write(b"0\r\n\r\n")
    out.flush()


def reset_connection(connection: socket.socket) -> None:
    """Reset a connection (TCP RST), as a crashed peer does.

    Args:
        connection: The connection.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _send_chunk(chunk: bytes, delivery: Delivery, out: BufferedIOBase) -> None:
    if not chunk:
        return
    if delivery.response.chunked:
        out.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
    else:
        out.write(chunk)


def _corrupted(delivery: Delivery) -> Iterator[bytes]:
    position = delivery.fault.corrupt_at
    if position is None:
        yield from delivery.response.body.chunks()
        return
    position %= max(1, delivery.response.body.size)
    sent = 0
    for chunk in delivery.response.body.chunks():
        if sent <= position < sent + len(chunk):
            changed = bytearray(chunk)
            changed[position - sent] ^= 0xFF
            yield bytes(changed)
        else:
            yield chunk
        sent += len(chunk)


def _truncate(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    for chunk in chunks:
        if size <= 0:
            return
        yield chunk[:size]
        size -= len(chunk)


def _encode_body(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()
