"""HTTP requests and responses as values, independent of sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

_CHUNK_BYTES = 65_536


@dataclass
class Request:
    """A received request and the status of its response.

    Args:
        method: HTTP method, such as `GET`.
        path: Path without the query.
        query: Query string, without the question mark.
        headers: Headers by name, as sent.
        body: Request body.
        received_at: Time of arrival, by the simulator's clock.
        host: Host that received it: `api` or `storage`.
        status: Status of the response; None if there was no response.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    received_at: datetime
    host: str = "api"
    status: int | None = None

    def header(self, name: str) -> str | None:
        """Return the value of a header, or None.

        Args:
            name: Name of the header, in any case.
        """
        lowered = name.lower()
        return next((v for k, v in self.headers.items() if k.lower() == lowered), None)


@dataclass(frozen=True)
class Body:
    """The body of a response: bytes in memory, or a part of a file.

    Args:
        source: The bytes or the file.
        start: Offset of the first byte.
        size: Number of bytes.
    """

    source: bytes | Path
    start: int
    size: int

    @classmethod
    def from_source(cls, source: bytes | Path) -> Body:
        """Create a body of all bytes of a source.

        Args:
            source: Bytes or a file.
        """
        return cls(source, 0, len(source) if isinstance(source, bytes) else source.stat().st_size)

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes in chunks."""
        if isinstance(self.source, bytes):
            if self.size:
                yield self.source[self.start : self.start + self.size]
            return
        with self.source.open("rb") as file:
            file.seek(self.start)
            left = self.size
            while left > 0 and (chunk := file.read(min(_CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk


@dataclass(frozen=True)
class Response:
    """A response.

    Args:
        status: HTTP status.
        headers: All headers except those about length and connection.
        body: The body.
        chunked: Whether the body uses chunked transfer encoding.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = Body(b"", 0, 0)
    chunked: bool = False


def json_response(status: int, content: Any) -> Response:
    """Create a response with a JSON body.

    Args:
        status: HTTP status.
        content: JSON value of the body.
    """
    body = Body.from_source(json.dumps(content).encode())
    return Response(status, {"Content-Type": "application/json; charset=utf-8"}, body)


def error_response(status: int, code: str, message: str, request_id: str | None = None) -> Response:
    """Create an error response in Intercom's format.

    Args:
        status: HTTP status.
        code: Intercom's error code.
        message: Intercom's error message.
        request_id: Request id, which Intercom's support asks for.
    """
    error = {"code": code, "message": message}
    return json_response(
        status, {"type": "error.list", "request_id": request_id, "errors": [error]}
    )
