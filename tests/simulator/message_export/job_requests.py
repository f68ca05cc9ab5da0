"""Requests to the simulated message export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulator.api import DAY_SECONDS, NOW, OCTETS, call

if TYPE_CHECKING:
    import requests

    from intercom_simulator import Simulator

WEEK = (NOW - 7 * DAY_SECONDS, NOW)


def create(sim: Simulator, span: tuple[int, int] = WEEK) -> requests.Response:
    body = {"created_at_after": span[0], "created_at_before": span[1]}
    return call(sim, "POST", "/export/content/data", json=body)


def poll(sim: Simulator, identifier: str) -> requests.Response:
    return call(sim, "GET", f"/export/content/data/{identifier}")


def download(sim: Simulator, identifier: str, **headers: str) -> requests.Response:
    return call(sim, "GET", f"/download/content/data/{identifier}", {**OCTETS, **headers})
