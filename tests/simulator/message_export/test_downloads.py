"""Downloads: expiry, range requests, the storage host, redirects."""

from __future__ import annotations

import requests

from intercom_simulator import ApiVariant, Clock, Simulator
from tests.simulator.api import DAY_SECONDS, END, OCTETS, call, message
from tests.simulator.message_export.job_requests import create, download, poll


def test_unfinished_job_cannot_be_downloaded() -> None:
    with Simulator(receipts=50, end=END, job_seconds=30) as sim:
        identifier = create(sim).json()["job_identifier"]
        assert message(download(sim, identifier)).startswith("404 not_found")


def test_finished_job_expires() -> None:
    with Simulator(receipts=50, end=END, clock=Clock(END, running=False)) as sim:
        identifier = create(sim).json()["job_identifier"]
        sim.clock.advance(2 * DAY_SECONDS - 1)
        assert poll(sim, identifier).status_code == 200
        assert download(sim, identifier).status_code == 200
        sim.clock.advance(1)
        assert poll(sim, identifier).status_code == 404
        assert download(sim, identifier).status_code == 404


def test_download_needs_its_accept_header(sim: Simulator) -> None:
    identifier = create(sim).json()["job_identifier"]
    response = download(sim, identifier, Accept="application/json")
    assert message(response).startswith("406 media_type_not_acceptable")


def test_download_continues_with_range_request(sim: Simulator) -> None:
    identifier = create(sim).json()["job_identifier"]
    whole = download(sim, identifier)
    etag = whole.headers["ETag"]
    rest = download(sim, identifier, Range="bytes=1000-", **{"If-Range": etag})
    assert rest.status_code == 206
    size = len(whole.content)
    assert rest.headers["Content-Range"] == f"bytes 1000-{size - 1}/{size}"
    assert whole.content[:1000] + rest.content == whole.content
    other = download(sim, identifier, Range="bytes=1000-", **{"If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, whole.content)
    beyond = download(sim, identifier, Range=f"bytes={size}-")
    assert beyond.status_code == 416


def test_full_file_is_sent_without_range_support(sim: Simulator) -> None:
    sim.variant = ApiVariant(range_requests=False)
    identifier = create(sim).json()["job_identifier"]
    response = download(sim, identifier, Range="bytes=1000-")
    assert response.status_code == 200
    assert "ETag" not in response.headers


def test_storage_host_refuses_a_token() -> None:
    with Simulator(receipts=50, end=END, variant=ApiVariant(download_url="storage")) as sim:
        link = poll(sim, create(sim).json()["job_identifier"]).json()["download_url"]
        assert link.startswith(sim.storage_url)
        refused = requests.get(link, headers={"Authorization": "Bearer sim-token"}, timeout=10)
        assert refused.status_code == 400
        assert "Only one auth mechanism allowed" in refused.text
        assert requests.get(link, timeout=10).content.startswith(b"PK")
        assert requests.get(link.partition("?")[0], timeout=10).status_code == 403
        assert [request.host for request in sim.requests][-3:] == ["storage"] * 3


def test_host_of_another_region_has_no_archive() -> None:
    with Simulator(receipts=50, end=END, variant=ApiVariant(download_url="other_region")) as sim:
        link = poll(sim, create(sim).json()["job_identifier"]).json()["download_url"]
        assert not link.startswith(sim.url)
        for headers in ({}, {"Authorization": "Bearer sim-token"}):
            assert requests.get(link, headers=headers, timeout=10).status_code == 404
        own = sim.url + link.removeprefix(sim.storage_url)
        headers = {"Authorization": "Bearer sim-token", **OCTETS}
        assert requests.get(own, headers=headers, timeout=10).content.startswith(b"PK")


def test_download_can_redirect_to_the_storage_host() -> None:
    with Simulator(receipts=50, end=END, variant=ApiVariant(redirect_status=302)) as sim:
        identifier = create(sim).json()["job_identifier"]
        path = f"/download/content/data/{identifier}"
        response = call(sim, "GET", path, OCTETS, allow_redirects=False)
        assert response.status_code == 302
        assert response.headers["Location"].startswith(sim.storage_url)
        assert download(sim, identifier).content.startswith(b"PK")
