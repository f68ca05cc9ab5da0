"""The one interpreter of faults: an answer and a fault become bytes on a connection."""

from __future__ import annotations

import json
import socket
import struct
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from intercom_simulator.messages import Answer, Body

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator
    from io import BufferedIOBase

    from intercom_simulator.faults import Fault

_REDIRECT = 302
_JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Delivery:
    """What goes onto the connection.

    Args:
        answer: The answer, changed as the fault says.
        headers: All its headers.
        send: How many bytes of the body to send.
        whole: Whether the client is to believe that this was all.
        last: Whether the connection ends with it.
        fault: The fault.
    """

    answer: Answer
    headers: dict[str, str]
    send: int
    whole: bool
    last: bool
    fault: Fault


def faulty(answer: Answer | None, fault: Fault) -> Answer:
    """Change an answer as a fault says.

    Args:
        answer: The API's answer; None if it was not asked.
        fault: What goes wrong.
    """
    answer = answer or Answer(int(HTTPStatus.OK), {"Content-Type": _JSON})
    headers = dict(answer.headers)
    body = answer.body
    status = answer.status if fault.status is None else fault.status
    if fault.redirect is not None:
        headers["Location"] = fault.redirect
        status = fault.status or _REDIRECT
    if fault.body is not None:
        body = Body.of(_bytes(fault.body))
    if fault.no_body:
        body = Body.of(b"")
    for name, value in fault.headers.items():
        headers.pop(name, None)
        if value is not None:
            headers[name] = value
    return replace(answer, status=status, headers=headers, body=body)


def plan(answer: Answer, fault: Fault) -> Delivery:
    """Decide what of an answer is sent, and what its head promises.

    Args:
        answer: The answer, already changed by `faulty`.
        fault: What goes wrong with the transfer.
    """
    size = answer.body.size
    send = size if fault.cut_fraction is None else int(size * fault.cut_fraction)
    if fault.cut_after is not None:
        send = min(send, fault.cut_after)
    whole = fault.clean or send == size
    headers = dict(answer.headers)
    if answer.chunked:
        headers["Transfer-Encoding"] = "chunked"
    elif "Content-Length" not in fault.headers:
        headers["Content-Length"] = str(send if whole else size)
    last = not whole or "Content-Length" in fault.headers
    return Delivery(answer, headers, send, whole, last, fault)


def deliver(delivery: Delivery, out: BufferedIOBase, stop: threading.Event) -> None:
    """Send the body of an answer, whose head is out.

    Args:
        delivery: What to send.
        out: The connection.
        stop: Ends a pause early.
    """
    sent = 0
    for piece in _cut(_corrupted(delivery), delivery.send):
        stall = delivery.fault.stall_after
        if stall is not None and sent <= stall < sent + len(piece):
            _send(piece[: stall - sent], delivery, out)
            out.flush()
            stop.wait(delivery.fault.stall_seconds)
            _send(piece[stall - sent :], delivery, out)
        else:
            _send(piece, delivery, out)
        sent += len(piece)
    if delivery.answer.chunked and delivery.whole:
        out.write(b"0\r\n\r\n")
    out.flush()


def reset(connection: socket.socket) -> None:
    """End a connection with a reset, as a crashed peer does.

    Args:
        connection: The connection.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _send(piece: bytes, delivery: Delivery, out: BufferedIOBase) -> None:
    if not piece:
        return
    if delivery.answer.chunked:
        out.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    else:
        out.write(piece)


def _corrupted(delivery: Delivery) -> Iterator[bytes]:
    position = delivery.fault.corrupt_at
    if position is None:
        yield from delivery.answer.body.pieces()
        return
    position %= max(1, delivery.answer.body.size)
    sent = 0
    for piece in delivery.answer.body.pieces():
        if sent <= position < sent + len(piece):
            changed = bytearray(piece)
            changed[position - sent] ^= 0xFF
            yield bytes(changed)
        else:
            yield piece
        sent += len(piece)


def _cut(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    for piece in pieces:
        if size <= 0:
            return
        yield piece[:size]
        size -= len(piece)


def _bytes(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()
