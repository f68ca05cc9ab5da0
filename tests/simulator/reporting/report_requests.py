"""Requests to the simulated reporting export."""

from __future__ import annotations

import csv
import gzip
import io
from typing import TYPE_CHECKING, Any

from tests.simulator import api
from tests.simulator.api import DAY_SECONDS, NOW, OCTETS

if TYPE_CHECKING:
    import requests

    from intercom_simulator import Simulator

ALL = (NOW - 91 * DAY_SECONDS, NOW)
IDS = ("standard.conversation_id", "timestamp.conversation_started_at")


def call(
    sim: Simulator, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
) -> requests.Response:
    """Send a request of API version 2.16, or of the version in `headers`."""
    return api.call(sim, method, path, {"Intercom-Version": "2.16", **(headers or {})}, **options)


def enqueue(
    sim: Simulator,
    dataset: str = "conversation",
    attributes: tuple[str, ...] = IDS,
    span: tuple[int, int] = ALL,
    version: str = "2.16",
) -> requests.Response:
    body = {
        "dataset_id": dataset,
        "attribute_ids": list(attributes),
        "start_time": span[0],
        "end_time": span[1],
    }
    return call(
        sim, "POST", "/export/reporting_data/enqueue", {"Intercom-Version": version}, json=body
    )


def download(sim: Simulator, identifier: str) -> requests.Response:
    return call(sim, "GET", f"/download/reporting_data/{identifier}", OCTETS)


def report(sim: Simulator, *arguments: Any, **options: Any) -> list[list[str]]:
    identifier = enqueue(sim, *arguments, **options).json()["job_identifier"]
    text = gzip.decompress(download(sim, identifier).content).decode()
    return list(csv.reader(io.StringIO(text, newline="")))
