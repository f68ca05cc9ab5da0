"""Interrupted downloads in every container format, at any byte and in every way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intercom_simulator import ApiVariant, Fault
from tests.faults.runner import configuration, run_scenario
from tests.faults.scenarios import Expect, Given, Scenario
from tests.faults.scenarios.containers import CONTAINERS
from tests.harness.expected_rows import ExpectedRows
from tests.harness.in_memory_target import InMemoryTarget
from tests.harness.singer import run_without_waiting
from tests.harness.stopped_simulator import stopped_simulator

CUTS = {
    "unclean": Fault("download", cut_fraction=0.6),
    "clean": Fault("download", cut_fraction=0.6, hide_cut=True),
    "reset": Fault("download", cut_fraction=0.6, reset=True),
    "one byte short": Fault("download", cut_fraction=0.9999, hide_cut=True),
    "one byte changed": Fault("download", corrupt_at=-4),
}
BROKEN = Scenario("", "", "", Given(settings={"window_days": 30}), Expect(jobs=1))


def in_container(variant: ApiVariant) -> Scenario:
    """Return the scenario for a container; the oldest formats contain receipts only."""
    files = ("receipt",) if variant.container in {"gzip", "csv"} else ()
    return replace(
        BROKEN,
        given=replace(BROKEN.given, variant=variant),
        expect=replace(BROKEN.expect, files=files),
    )


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
def test_every_kind_of_cut_is_detected_and_downloaded_again(container: ApiVariant) -> None:
    scenario = in_container(container)
    for name, cut in CUTS.items():
        result = run_scenario(replace(scenario, given=replace(scenario.given, faults=(cut,))))
        assert not result.problems, name


@pytest.mark.parametrize("clean", [False, True], ids=["unclean", "clean"])
@pytest.mark.parametrize("container", ["zip", "tar.gz", "gzip"])
def test_download_cut_at_any_byte_is_completed(container: str, *, clean: bool) -> None:
    variant = replace(CONTAINERS[container], range_requests=not clean)
    only = in_container(variant).expect.files
    with stopped_simulator(receipts=8, variant=variant) as sim:
        expected_rows = ExpectedRows(sim, only)
        config = configuration(sim, window_days=30)
        size = (
            InMemoryTarget()
            .load(run_without_waiting(config).lines)
            .rows()["content_export"][0]["download_bytes"]
        )
        for cut in sorted({*range(0, size, size // 5), 1, 9, size - 1}):
            sim.faults.add(Fault("download", cut_after_bytes=cut, hide_cut=clean))
            run = run_without_waiting(config)
            loaded = InMemoryTarget().load(run.lines)
            assert run.exit_code == 0, (cut, run.log)
            assert not expected_rows.missing(loaded.rows()), cut
            assert not expected_rows.unexpected(loaded.rows()), cut


def test_cut_csv_without_a_container_is_downloaded_again() -> None:
    """It has no checksum, but its last row is not complete."""
    scenario = in_container(ApiVariant(container="csv"))
    for size in (5000, 6000, 7001):
        cut = Fault("download", cut_after_bytes=size, hide_cut=True)
        result = run_scenario(replace(scenario, given=replace(scenario.given, faults=(cut,))))
        assert not result.problems, size
        assert "it is a CSV file that ends within a row" in result.run.log


def test_interrupted_download_continues_with_a_range_request() -> None:
    with stopped_simulator(receipts=500) as sim:
        sim.faults.add(Fault("download", cut_fraction=0.5))
        assert run_without_waiting(configuration(sim, window_days=30)).exit_code == 0
        first_run, second = (each for each in sim.requests if each.path.startswith("/download"))
    assert first_run.header("Range") is None
    start = int((second.header("Range") or "").removeprefix("bytes=").removesuffix("-"))
    assert start > 10_000
    assert (second.header("If-Range") or "").startswith('"')
    assert second.status == 206
