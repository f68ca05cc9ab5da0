"""Requests and answers as values, free of sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

_PIECE = 65_536


@dataclass
class Request:
    """A request as it came, and the answer's status once there is one.

    Args:
        method: Such as `GET`.
        path: Without the query.
        query: What follows the question mark.
        headers: By name, as sent.
        body: Its bytes.
        at: When it came, by the simulator's clock.
        host: Who got it: `api` or `storage`.
        status: The status of the answer; None if there was none.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    at: datetime
    host: str = "api"
    status: int | None = None

    def header(self, name: str) -> str | None:
        """Give a header's value, whatever its name's case.

        Args:
            name: The header's name.
        """
        lowered = name.lower()
        return next((v for k, v in self.headers.items() if k.lower() == lowered), None)


@dataclass(frozen=True)
class Body:
    """The bytes of an answer, in memory or a part of a file.

    Args:
        source: Where they are.
        start: The first byte.
        size: How many bytes.
    """

    source: bytes | Path
    start: int
    size: int

    @classmethod
    def of(cls, source: bytes | Path) -> Body:
        """Take all bytes of a source.

        Args:
            source: Bytes or a file.
        """
        return cls(source, 0, len(source) if isinstance(source, bytes) else source.stat().st_size)

    def pieces(self) -> Iterator[bytes]:
        """Read the bytes piece by piece."""
        if isinstance(self.source, bytes):
            if self.size:
                yield self.source[self.start : self.start + self.size]
            return
        with self.source.open("rb") as file:
            file.seek(self.start)
            left = self.size
            while left > 0 and (piece := file.read(min(_PIECE, left))):
                left -= len(piece)
                yield piece


@dataclass(frozen=True)
class Answer:
    """An answer.

    Args:
        status: The HTTP status.
        headers: All but those about length and connection.
        body: The body.
        chunked: Whether the body comes in chunks.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = Body(b"", 0, 0)
    chunked: bool = False


def json_answer(status: int, content: Any) -> Answer:
    """Make an answer with a JSON body.

    Args:
        status: The HTTP status.
        content: What to send.
    """
    body = Body.of(json.dumps(content).encode())
    return Answer(status, {"Content-Type": "application/json; charset=utf-8"}, body)


def error_answer(status: int, code: str, message: str, request_id: str | None = None) -> Answer:
    """Make an answer that tells of an error, in Intercom's form.

    Args:
        status: The HTTP status.
        code: Intercom's word for the error.
        message: Intercom's sentence.
        request_id: What Intercom's support asks for.
    """
    error = {"code": code, "message": message}
    return json_answer(status, {"type": "error.list", "request_id": request_id, "errors": [error]})
