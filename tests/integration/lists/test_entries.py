"""Single entries of a list: unreadable entries, formats of times, invalid characters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import Fault
from tests.harness.singer import discover_in_process, run_in_process, select
from tests.integration.lists.list_runs import OBJECTS, ONE, activated, entry_of, page_of, run

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate
    from tests.harness.singer import Output


def run_entries(
    simulate: Simulate, configure: Configure, *entries: Any, selected: bool = True
) -> Output:
    """Run the tap with a hand-written list of external pages."""
    simulator = simulate(receipts=10)
    simulator.faults.add(Fault("ai_pages", status=200, body=page_of(*entries)))
    streams = ("external_page", *(("rejected_row",) if selected else ()))
    return run(configure(simulator), *streams)


@pytest.mark.parametrize(
    ("unusual", "reason"),
    [
        (None, "is null, not an object"),
        ("Page 2", "is a text, not an object"),
        (2, "is a number, not an object"),
        ([ONE], "is a list, not an object"),
        ({"title": "Page 2"}, "id is empty"),
        (entry_of(2, id=None), "id is empty"),
        (entry_of(2, id=""), "id is empty"),
        (entry_of(2, id={"a": 1}), "id is an object, not an id"),
        (entry_of(2, id=True), "id is true or false, not an id"),
        (entry_of(2, html={"body": "x"}), "html is an object, not a text"),
        (entry_of(2, created_at="soon"), "created_at is not a time: 'soon'"),
        (entry_of(2, created_at=10**20), "created_at is not a time: '100000000000000000000'"),
        (entry_of(2, created_at=[1]), "created_at is a list, not a time"),
        (entry_of(2, ai_agent_availability="maybe"), "is a text, not true or false"),
    ],
)
def test_unreadable_entry_is_rejected_and_others_are_written(
    simulate: Simulate, configure: Configure, unusual: Any, reason: str
) -> None:
    output = run_entries(simulate, configure, entry_of(1), unusual, entry_of(3))
    assert [record["id"] for record in output.records("external_page")] == ["1", "3"]
    (rejected,) = output.records("rejected_row")
    assert rejected["file"] == "external_page"
    assert rejected["line"] == 2
    assert reason in rejected["reason"]
    assert json.loads(rejected["raw"]) == unusual
    assert rejected["job_identifier"] == f"list:external_page:{rejected['created_at']}"
    assert activated(output) == []
    (line,) = [line for line in output.log.splitlines() if "WARNING" in line]
    assert "1 entry of 'external_page' cannot be read" in line


def test_log_has_reason_if_rejected_row_is_deselected(
    simulate: Simulate, configure: Configure
) -> None:
    output = run_entries(simulate, configure, entry_of(1), None, "x", selected=False)
    (line,) = [line for line in output.log.splitlines() if "WARNING" in line]
    assert "2 entries" in line
    assert "rejected_row is not selected" in line
    assert "entry 2 is null, not an object" in line
    assert output.streams == {"external_page"}


def test_rejected_entry_omits_deselected_properties(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=10)
    config = configure(simulator)
    body = page_of(entry_of(1, html={"secret": 1}))
    simulator.faults.add(Fault("ai_pages", status=200, body=body))
    catalog = select(
        discover_in_process(config),
        "external_page",
        "rejected_row",
        deselected=["external_page.url"],
    )
    (rejected,) = run_in_process(config, catalog=catalog).records("rejected_row")
    assert rejected["raw"] is None
    assert rejected["reason"] == "html is an object, not a text"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1735689600, "2025-01-01T00:00:00Z"),
        (1735689600.5, "2025-01-01T00:00:00.5Z"),
        (1735689600000, "2025-01-01T00:00:00Z"),
        (1735689600250, "2025-01-01T00:00:00.25Z"),
        ("1735689600", "2025-01-01T00:00:00Z"),
        ("1735689600.0", "2025-01-01T00:00:00Z"),
        ("1735689600000", "2025-01-01T00:00:00Z"),
        ("2025-01-01T02:00:00+02:00", "2025-01-01T00:00:00Z"),
        ("2025-01-01 00:00:00 UTC", "2025-01-01T00:00:00Z"),
        (-86400, "1969-12-31T00:00:00Z"),
        (0, None),
        ("", None),
        (None, None),
    ],
)
def test_times_are_read_in_every_format(
    simulate: Simulate, configure: Configure, value: Any, expected: str | None
) -> None:
    output = run_entries(simulate, configure, entry_of(1, created_at=value))
    assert [record["created_at"] for record in output.records("external_page")] == [expected]
    assert activated(output) == ["external_page"]


def test_texts_and_ids_may_be_numbers(simulate: Simulate, configure: Configure) -> None:
    entry = {"id": 7.0, "title": 12.5, "source_id": 3, "fin_availability": "true"}
    (record,) = run_entries(simulate, configure, entry).records("external_page")
    assert (record["id"], record["title"], record["source_id"]) == ("7", "12.5", "3")
    assert record["fin_availability"] is True


def test_characters_that_databases_cannot_hold_are_replaced(
    simulate: Simulate, configure: Configure
) -> None:
    attributes: dict[str, Any] = {
        "no\0te": "a\0b",
        "deep": [{"half \ud83d": "\ude00", "whole": "\U0001f600"}],
        "a\0": 1,
        "a\ud800": 2,
    }
    attributes["a\ufffd"] = 3
    instance = {"id": "1", "external_id": "x\0", "custom_attributes": attributes}
    simulator = simulate(receipts=10, custom_objects={"Order": 1})
    body = page_of(instance, {"id": "2\0"}, {"id": "3", "created_at": "2025-01-01\0"})
    simulator.faults.add(Fault("custom_objects", status=200, body=body))
    config = configure(simulator, custom_object_types=["Order"])
    output = run(config, OBJECTS, "rejected_row")
    (record,) = output.records(OBJECTS)
    assert record["external_id"] == "x\ufffd"
    assert record["custom_attributes"] == {
        "no\ufffdte": "a\ufffdb",
        "deep": [{"half \ufffd": "\ufffd", "whole": "\U0001f600"}],
        "a\ufffd (2)": 1,
        "a\ufffd (3)": 2,
        "a\ufffd": 3,
    }
    rejected = [(row["line"], row["reason"]) for row in output.records("rejected_row")]
    assert rejected == [
        (2, "id has a character that databases cannot store"),
        (3, "created_at is not a time: '2025-01-01\\x00'"),
    ]
    assert not [line for line in output.lines if "\\u0000" in line.replace("\\\\u0000", "")]
    (line,) = [line for line in output.log.splitlines() if "U+FFFD" in line]
    assert "WARNING Replaced 7 characters" in line
    assert "in 1 entry of 'custom_object_instance/Order'" in line


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/json; charset=ISO-8859-1", "text/html; charset=latin1", None],
)
def test_text_is_utf_8_whatever_content_type_says(
    simulate: Simulate, configure: Configure, content_type: str | None
) -> None:
    simulator = simulate(receipts=10)
    body = json.dumps(page_of(entry_of(1, title="Größe \u2615")), ensure_ascii=False).encode()
    headers = {"Content-Type": content_type}
    simulator.faults.add(Fault("ai_pages", status=200, headers=headers, body=body))
    (record,) = run(configure(simulator), "external_page").records("external_page")
    assert record["title"] == "Größe \u2615"


def test_bytes_that_are_not_utf_8_change_no_other_text_and_no_id(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=10)
    entries = [entry_of(1, title="Größe"), entry_of(2, title="a?"), {"id": "3?"}]
    body = json.dumps(page_of(*entries), ensure_ascii=False).encode().replace(b"?", b"\xff")
    simulator.faults.add(Fault("ai_pages", status=200, body=body))
    output = run(configure(simulator), "external_page", "rejected_row")
    titles = {record["id"]: record["title"] for record in output.records("external_page")}
    assert titles == {"1": "Größe", "2": "a\ufffd"}
    (rejected,) = output.records("rejected_row")
    assert rejected["reason"] == "id has a character that databases cannot store"
    assert "Replaced 1 character" in output.log


def test_unknown_properties_of_entries_are_a_warning(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=10)
    new: dict[str, Any] = {"summary": "x", "tags": [], "empty": None, "secret": 1}
    body = page_of(entry_of(1, **new), entry_of(2, summary="y"))
    simulator.faults.add(Fault("ai_pages", status=200, body=body))
    config = configure(simulator, excluded_columns=["external_page.secret"])
    output = run(config, "external_page")
    (line,) = [line for line in output.log.splitlines() if "WARNING" in line]
    assert "Entries of 'external_page' have properties" in line
    assert line.endswith("does not write: summary, tags")
    assert activated(output) == ["external_page"]
