"""The simulated present of these tests, and the error of a response."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

END = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
NOW = int(END.timestamp())
DAY_SECONDS = 86_400
OCTETS = {"Accept": "application/octet-stream"}


def message(response: requests.Response) -> str:
    """Return status, code and message of an error in Intercom's format."""
    error = response.json()["errors"][0]
    assert response.json()["type"] == "error.list"
    return f"{response.status_code} {error['code']}: {error['message']}"
