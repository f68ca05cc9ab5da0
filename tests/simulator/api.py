"""The simulated present of these tests, requests to the simulator, and errors in its responses."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from intercom_simulator import Simulator

END = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
NOW = int(END.timestamp())
DAY_SECONDS = 86_400
OCTETS = {"Accept": "application/octet-stream"}


def call(
    sim: Simulator, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
) -> requests.Response:
    """Send a request with the token.

    Args:
        sim: The simulator.
        method: HTTP method.
        path: Path, with or without a query.
        headers: Additional headers.
        options: Other arguments of `requests.request`.
    """
    sent = {"Authorization": f"Bearer {sim.token}", "Accept-Encoding": "identity"}
    return requests.request(
        method, sim.url + path, headers={**sent, **(headers or {})}, timeout=10, **options
    )


def message(response: requests.Response) -> str:
    """Return status, code and message of an error in Intercom's format."""
    error = response.json()["errors"][0]
    assert response.json()["type"] == "error.list"
    return f"{response.status_code} {error['code']}: {error['message']}"
