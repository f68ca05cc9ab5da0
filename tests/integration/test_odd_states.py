"""States that were damaged, edited by hand, or belong to another tap: never a skipped range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import Clock, Simulator
from tap_intercom_export.checks import find_selection_warnings
from tap_intercom_export.config.arguments import STATE_PARTS
from tap_intercom_export.errors import ConfigurationError
from tap_intercom_export.tap import TapIntercomExport
from tests.faults.runner import configuration
from tests.harness.expected_rows import ExpectedRows
from tests.harness.in_memory_target import InMemoryTarget
from tests.harness.singer import run_without_waiting
from tests.harness.stopped_simulator import END

if TYPE_CHECKING:
    from collections.abc import Iterator

BOOKMARK = "2025-05-22T12:29:59Z"
JOB = {
    "job_identifier": "abcdefghijklmnop",
    "created_at_after": "2025-05-11T12:30:00Z",
    "created_at_before": BOOKMARK,
    "requested_at": "2025-05-22T12:30:00Z",
}
CONFIG = {"access_token": "t", "start_date": "2025-01-01"}


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator(receipts=60, days=20, end=END, clock=Clock(END, running=False)) as simulator:
        yield simulator


def state_of(**parts: Any) -> dict[str, Any]:
    return {"bookmarks": {"content_export": parts}}


@pytest.mark.parametrize("key", ["next_jobs", "writing", "recent_windows", "partitions"])
@pytest.mark.parametrize("part", [5, "x", True, 1.5, {"a": 1}])
def test_part_of_state_that_is_no_list_is_refused(key: str, part: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"The state's '{key}' of content_export is not a"):
        TapIntercomExport(config=dict(CONFIG), state=state_of(**{key: part}))


@pytest.mark.parametrize("key", ["job", "progress_markers"])
@pytest.mark.parametrize("part", [5, "x", True, [1]])
def test_part_of_state_that_is_no_object_is_refused(key: str, part: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"The state's '{key}' of content_export is not a"):
        TapIntercomExport(config=dict(CONFIG), state=state_of(**{key: part}))


@pytest.mark.parametrize("partitions", [None, [1], [{}], [None], ["x"]])
def test_partitions_that_the_sdk_cannot_read_are_refused(partitions: Any) -> None:
    with pytest.raises(ConfigurationError, match="not a list of the SDK's partitions"):
        TapIntercomExport(config=dict(CONFIG), state=state_of(partitions=partitions))


@pytest.mark.parametrize(
    "parts",
    [
        {"job": {**JOB, "created_at_before": [1]}},
        {"job": {**JOB, "created_at_after": 5}},
        {"job": {**JOB, "job_identifier": None}},
        {"job": {**JOB, "job_identifier": " "}},
        {"next_jobs": [1, JOB | {"bookmark": ["x"]}]},
        {"writing": [{"bookmark": BOOKMARK, "created_at_before": [None]}]},
        {"writing": ["x"]},
    ],
    ids=str,
)
def test_damaged_entry_is_ignored_with_a_warning(sim: Simulator, parts: dict[str, Any]) -> None:
    run = run_without_waiting(configuration(sim), state_of(**parts))
    assert run.exit_code == 0, run.log
    assert f"something in {'writing' if 'writing' in parts else 'job or next_jobs'}" in run.log
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


@pytest.mark.parametrize("key", sorted(STATE_PARTS))
def test_null_part_of_state_is_as_if_it_were_missing(sim: Simulator, key: str) -> None:
    run = run_without_waiting(configuration(sim), state_of(**{key: None}))
    assert run.exit_code == 0, run.log
    assert "cannot be read" not in run.log
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


@pytest.mark.parametrize(
    "parts",
    [
        {"recent_windows": [1, None, "x", {"range_seconds": float("inf")}, {"rows": 5}]},
        {"recent_windows": [{"range_seconds": 10**400, "job_seconds": 60, "rows": 5}]},
        {"deep_lookback_at": [1]},
        {"deep_lookback_at": 5},
    ],
    ids=["list", "huge number", "deep lookback list", "deep lookback number"],
)
def test_damaged_measurement_does_not_matter(sim: Simulator, parts: dict[str, Any]) -> None:
    run = run_without_waiting(configuration(sim, deep_lookback_days=30), state_of(**parts))
    assert run.exit_code == 0, run.log
    assert ExpectedRows(sim).missing(InMemoryTarget().load(run.lines).rows()) == {}


@pytest.mark.parametrize("value", [[1], {"a": 1}, 5, 1747913399, True, "soon", "1747913399"])
def test_bookmark_that_is_not_a_date_time_is_refused(sim: Simulator, value: Any) -> None:
    state = {"bookmarks": {"open": {"replication_key_value": value}}}
    run = run_without_waiting(configuration(sim), state)
    assert run.exit_code == 2
    assert f"The state's bookmark of open is not a date-time: {value!r}" in run.log


def test_bookmark_of_another_tap_is_refused(sim: Simulator) -> None:
    """Its stream has the same name, but its bookmark counts something else."""
    state = {"bookmarks": {"open": {"replication_key": "id", "replication_key_value": BOOKMARK}}}
    run = run_without_waiting(configuration(sim), state)
    assert run.exit_code == 2
    assert "The state's bookmark of open is for 'id', and the tap's is for 'created_at'" in run.log


@pytest.mark.parametrize(
    ("bookmarks", "is_foreign"),
    [
        ({}, False),
        ({"users": {}, "orders": {}}, True),
        ({"users": {}, "receipt": {}}, False),
    ],
)
def test_state_of_another_tap_is_a_warning(bookmarks: dict[str, Any], *, is_foreign: bool) -> None:
    state = {"bookmarks": bookmarks}
    found = list(find_selection_warnings(["receipt"], {"receipt": ()}, None, {}, state, 0.0, {}))
    assert [line.startswith("The state has bookmarks of other") for line in found] == (
        [True] if is_foreign else []
    )
