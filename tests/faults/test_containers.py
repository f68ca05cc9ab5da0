"""Downloads that break, in every container: cut at any byte, in every way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intercom_simulator import Clock, Dialect, Fault, Simulator
from tests.faults.play import END, configuration, play
from tests.faults.scenarios import Expect, Given, Scenario
from tests.faults.scenarios.containers import CONTAINERS
from tests.harness.expected_rows import ExpectedRows
from tests.harness.loaded import Loaded
from tests.harness.singer import run_quickly

CUTS = {
    "unclean": Fault("download", cut_fraction=0.6),
    "clean": Fault("download", cut_fraction=0.6, hide_cut=True),
    "reset": Fault("download", cut_fraction=0.6, reset=True),
    "one byte short": Fault("download", cut_fraction=0.9999, hide_cut=True),
    "one byte changed": Fault("download", corrupt_at=-4),
}
BROKEN = Scenario("", "", "", Given(settings={"window_days": 30}), Expect(jobs=1))


def in_container(dialect: Dialect) -> Scenario:
    """The oldest containers hold receipts only."""
    files = ("receipt",) if dialect.container in {"gzip", "csv"} else ()
    return replace(
        BROKEN,
        given=replace(BROKEN.given, dialect=dialect),
        expect=replace(BROKEN.expect, files=files),
    )


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
def test_every_kind_of_cut_is_noticed_and_mended(container: Dialect) -> None:
    scenario = in_container(container)
    for name, cut in CUTS.items():
        result = play(replace(scenario, given=replace(scenario.given, faults=(cut,))))
        assert not result.wrong, name


@pytest.mark.parametrize("clean", [False, True], ids=["unclean", "clean"])
@pytest.mark.parametrize("container", ["zip", "tar.gz", "gzip"])
def test_a_download_can_be_cut_at_any_byte(container: str, *, clean: bool) -> None:
    dialect = replace(CONTAINERS[container], range_requests=not clean)
    only = in_container(dialect).expect.files
    with Simulator(
        receipts=8, days=20, end=END, clock=Clock(END, running=False), dialect=dialect
    ) as sim:
        truth = ExpectedRows(sim, only)
        config = configuration(sim, window_days=30)
        size = (
            Loaded().take(run_quickly(config).lines).rows()["content_export"][0]["download_bytes"]
        )
        for cut in sorted({*range(0, size, size // 5), 1, 9, size - 1}):
            sim.faults.add(Fault("download", cut_after_bytes=cut, hide_cut=clean))
            run = run_quickly(config)
            loaded = Loaded().take(run.lines)
            assert run.exit_code == 0, (cut, run.log)
            assert not truth.missing(loaded.rows()), cut
            assert not truth.too_much(loaded.rows()), cut


def test_what_has_come_is_not_asked_for_again() -> None:
    with Simulator(receipts=500, days=20, end=END, clock=Clock(END, running=False)) as sim:
        sim.faults.add(Fault("download", cut_fraction=0.5))
        assert run_quickly(configuration(sim, window_days=30)).exit_code == 0
        first, second = (each for each in sim.requests if each.path.startswith("/download"))
    assert first.header("Range") is None
    start = int((second.header("Range") or "").removeprefix("bytes=").removesuffix("-"))
    assert start > 10_000
    assert (second.header("If-Range") or "").startswith('"')
    assert second.status == 206
