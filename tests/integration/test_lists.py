"""AI content and custom objects: full tables, pagination, deletions."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from intercom_simulator import Fault, Simulator
from tests.conftest import END
from tests.harness.singer import discover_in_process, run_in_process, run_tap, select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.harness.singer import Output

    Simulate = Callable[..., Simulator]
    Configure = Callable[..., dict[str, Any]]

AI = ("content_import_source", "external_page")
OBJECTS = "custom_object_instance"
TIMES = {
    "created_at",
    "updated_at",
    "last_synced_at",
    "last_ingested_at",
    "external_created_at",
    "external_updated_at",
}


def run(
    config: dict[str, Any], *streams: str, state: dict[str, Any] | None = None, check: bool = True
) -> Output:
    """Run the tap with some streams selected; in this process if it must succeed."""
    catalog = select(discover_in_process(config), *streams)
    if check:
        return run_in_process(config, state=state, catalog=catalog)
    return run_tap(config, state=state, catalog=catalog, check=False)


def record_of(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the expected record of an entry of the API."""
    record: dict[str, Any] = {}
    for name, value in entry.items():
        if name in TIMES and value is not None:
            at = datetime.fromtimestamp(value, timezone.utc)
            record[name] = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        elif name in {"id", "source_id"}:
            record[name] = str(value)
        elif name == "audience_ids" and value is not None:
            record[name] = [str(one) for one in value]
        else:
            record[name] = value
    if "custom_attributes" not in record:
        del record["type"]  # the name of the stream, nothing else
    return record


def records_of(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(map(record_of, entries), key=lambda record: str(record["id"]))


def loaded(output: Output, stream: str) -> list[dict[str, Any]]:
    return sorted(output.loaded(stream), key=lambda record: str(record["id"]))


def pages_of(simulator: Simulator, path: str) -> list[tuple[int, int]]:
    """Return number and size of the requested pages."""
    queries = [parse_qs(r.query) for r in simulator.requests if r.path == path]
    return [(int(query["page"][0]), int(query["per_page"][0])) for query in queries]


# AI content


def test_sources_and_pages_are_complete(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, ai_sources=24, ai_pages=320)
    output = run(configure(simulator), *AI)
    assert output.streams == set(AI)
    assert loaded(output, "content_import_source") == records_of(simulator.ai_content.sources())
    assert loaded(output, "external_page") == records_of(simulator.ai_content.pages())
    assert max(len(record["html"]) for record in loaded(output, "external_page")) > 100_000
    assert simulator.jobs == simulator.reporting_jobs == []


def test_pages_are_requested_by_number_not_by_next_url(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=10, ai_pages=320)
    run(configure(simulator), "external_page")
    assert pages_of(simulator, "/ai/external_pages") == [(1, 150), (2, 150), (3, 150)]
    assert all(request.header("Host") == simulator.url[7:] for request in simulator.requests)


def test_empty_list_is_an_empty_table(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, ai_sources=0, ai_pages=0)
    output = run(configure(simulator), *AI)
    assert loaded(output, "external_page") == loaded(output, "content_import_source") == []
    kinds = [(m["type"], m["stream"]) for m in output.messages if m["type"] != "STATE"]
    assert {("ACTIVATE_VERSION", stream) for stream in AI} <= set(kinds)


@pytest.mark.parametrize("version", ["2.12", "2.14", "2.16", "Preview"])
def test_versions_since_2_12_serve_it(
    simulate: Simulate, configure: Configure, version: str
) -> None:
    simulator = simulate(receipts=10, ai_sources=8)
    output = run(configure(simulator, api_version=version), "content_import_source")
    truth = records_of(simulator.ai_content.sources())
    if version in {"2.12", "2.14"}:
        truth = [{**record, "audience_ids": None} for record in truth]
    assert loaded(output, "content_import_source") == truth


def test_older_version_error_names_setting(simulate: Simulate, configure: Configure) -> None:
    output = run(configure(simulate(receipts=10), api_version="2.11"), AI[0], check=False)
    assert output.exit_code == 2
    (line,) = [line for line in output.log.splitlines() if "ERROR" in line]
    assert "api_version" in line
    assert "2.11" in line


def test_entry_deleted_between_runs_is_removed(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, ai_pages=30)
    config = configure(simulator)
    first = run(config, "external_page")
    removed, emptied = (simulator.ai_content.pages()[place]["id"] for place in (3, 20))
    simulator.ai_content.remove_page(removed)
    simulator.ai_content.delete_page(emptied)
    second = run(config, "external_page", state=first.state)
    together = type(first)(0, "", first.lines + second.lines)
    found = {record["id"]: record for record in together.loaded("external_page")}
    assert removed not in found
    assert found[emptied]["html"] == ""
    assert len(found) == 29


def test_version_is_activated_after_all_records(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, ai_pages=160)
    output = run(configure(simulator, custom_object_types=["Order"]), *AI, OBJECTS)
    for stream in (*AI, OBJECTS):
        kinds = [m["type"] for m in output.messages if m.get("stream") == stream]
        assert kinds[0] == "SCHEMA"
        assert kinds[-1] == "ACTIVATE_VERSION"
        assert set(kinds[1:-1]) == {"RECORD"}


# Incomplete lists


def page_of(*entries: Any, **envelope: Any) -> dict[str, Any]:
    """Return a hand-written page; None removes a key of the envelope."""
    pages = {"type": "pages", "page": 1, "per_page": 150, "total_pages": 1}
    body = {"type": "list", "data": list(entries), "total_count": len(entries), "pages": pages}
    return {name: part for name, part in {**body, **envelope}.items() if part is not None}


def entry_of(number: int, **properties: Any) -> dict[str, Any]:
    """Return a hand-written external page."""
    return {"type": "external_page", "id": str(number), "title": f"Page {number}", **properties}


ONE = entry_of(1)
NEXT = "https://api.intercom.invalid/ai/external_pages?page=2"
EMPTY = page_of(total_count=320, pages={"page": 2, "per_page": 150, "total_pages": 3})


def activated(output: Output) -> list[str]:
    """Return the streams with an ACTIVATE_VERSION message."""
    return [m["stream"] for m in output.messages if m["type"] == "ACTIVATE_VERSION"]


def loaded_after(*outputs: Output, stream: str) -> set[str]:
    """Return the ids in a target after several runs."""
    together = type(outputs[0])(0, "", [line for output in outputs for line in output.lines])
    return {str(record["id"]) for record in together.loaded(stream)}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"type": "list"}, "has no list of entries in 'data'"),
        ({"type": "list", "data": {"1": ONE}}, "has no list of entries in 'data'"),
        (page_of(ONE, type="error.list"), "has the type 'error.list'"),
        (page_of(ONE, pages=[1]), "something other than an object in 'pages'"),
        (page_of(ONE, total_count="many"), "no number in 'total_count'"),
        (page_of(ONE, total_count=3), "received 1 different entry of 3"),
        (page_of(ONE, ONE, ONE), "received 1 different entry of 3"),
        (page_of(total_count=1), "received 0 different entries of 1"),
        (page_of(ONE, total_count=None, pages=None), "no page said that it is the last"),
        (page_of(ONE, total_count=None, pages={"next": NEXT}), "no page said that it is the last"),
        (
            page_of(ONE, total_count=None, pages={"total_pages": 5}),
            "no page said that it is the last",
        ),
    ],
    ids=[
        "no data",
        "data an object",
        "an error",
        "pages a list",
        "total a text",
        "short",
        "repeated",
        "empty",
        "no envelope",
        "always a next page",
        "more pages that repeat",
    ],
)
def test_incomplete_list_is_an_error_and_deletes_nothing(
    simulate: Simulate, configure: Configure, body: dict[str, Any], message: str
) -> None:
    simulator = simulate(receipts=10, ai_pages=20)
    config = configure(simulator)
    whole = run(config, "external_page")
    simulator.faults.add(Fault("ai_pages", times=None, status=200, body=body))
    cut = run(config, "external_page", state=whole.state, check=False)
    assert cut.exit_code == 5
    assert activated(cut) == []
    assert message in cut.log
    assert "Traceback" not in cut.log
    truth = {page["id"] for page in simulator.ai_content.pages()}
    assert truth <= loaded_after(whole, cut, stream="external_page")


def test_list_cut_once_is_read_again(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, ai_pages=320)
    simulator.faults.add(Fault("ai_pages", skip=1, status=200, body=EMPTY))
    output = run(configure(simulator), "external_page")
    asked = [page for page, _ in pages_of(simulator, "/ai/external_pages")]
    assert asked == [1, 2, 1, 2, 3]
    assert loaded(output, "external_page") == records_of(simulator.ai_content.pages())
    assert activated(output) == ["external_page"]


@pytest.mark.parametrize(
    "envelope",
    [
        {"total_count": None},
        {"total_count": "2"},
        {"pages": None},
        {"type": None},
        {"total_count": None, "pages": {"type": "pages"}},
        {"total_count": None, "pages": {"type": "pages", "next": None}},
        {"pages": {"type": "pages", "total_pages": 0}},
    ],
)
def test_sufficient_envelope_counts_as_complete(
    simulate: Simulate, configure: Configure, envelope: dict[str, Any]
) -> None:
    simulator = simulate(receipts=10)
    body = page_of(entry_of(1), entry_of(2), **envelope)
    simulator.faults.add(Fault("ai_pages", status=200, body=body))
    output = run(configure(simulator), "external_page")
    assert [record["id"] for record in output.records("external_page")] == ["1", "2"]
    assert activated(output) == ["external_page"]


def test_pages_are_requested_until_last_without_total(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=10)
    for number, following in ((1, NEXT), (2, NEXT), (3, None)):
        body = page_of(entry_of(number), total_count=None, pages={"next": following})
        simulator.faults.add(Fault("ai_pages", status=200, body=body))
    output = run(configure(simulator), "external_page")
    assert [record["id"] for record in output.records("external_page")] == ["1", "2", "3"]
    assert activated(output) == ["external_page"]


def test_list_that_shrinks_while_read_is_read_again(
    simulate: Simulate, configure: Configure
) -> None:
    removed: list[str] = []

    def remove_seven(request: Any) -> None:
        if request.path == "/ai/external_pages" and not removed:
            removed.extend(page["id"] for page in simulator.ai_content.pages()[:7])
            for identifier in removed:
                simulator.ai_content.remove_page(identifier)

    simulator = simulate(receipts=10, ai_pages=320)
    config = configure(simulator)
    first = run(config, "external_page")
    simulator._on_request = remove_seven
    second = run(config, "external_page", state=first.state)
    assert len(removed) == 7
    truth = {page["id"] for page in simulator.ai_content.pages()}
    assert truth <= loaded_after(first, second, stream="external_page")
    assert activated(second) == ["external_page"]


def test_constantly_changing_list_is_a_warning(simulate: Simulate, configure: Configure) -> None:
    def remove_one(request: Any) -> None:
        if request.path == "/ai/external_pages" and "page=1&" in request.query:
            simulator.ai_content.remove_page(simulator.ai_content.pages()[0]["id"])

    simulator = simulate(receipts=10, ai_pages=320)
    config = configure(simulator)
    first = run(config, "external_page")
    simulator._on_request = remove_one
    second = run(config, "external_page", state=first.state)
    assert activated(second) == []
    truth = {page["id"] for page in simulator.ai_content.pages()}
    assert truth <= loaded_after(first, second, stream="external_page")
    (line,) = [line for line in second.log.splitlines() if "WARNING" in line]
    assert "external_page" in line
    assert "changed while it was read" in line


def test_incomplete_list_of_one_type_deletes_no_instances(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=10, custom_objects={"Order": 5, "Return": 3})
    config = configure(simulator, custom_object_types=["Order", "Return"])
    first = run(config, OBJECTS)
    instance = simulator.custom_objects.instances("Order")[0]
    short = page_of(instance, total_count=5)
    for count in (5, 4):
        body = {**short, "total_count": count}
        simulator.faults.add(Fault("custom_objects", status=200, body=body))
    second = run(config, OBJECTS, state=first.state)
    assert activated(second) == []
    assert {record["type"] for record in second.records(OBJECTS)} == {"Order", "Return"}
    assert len(loaded_after(first, second, stream=OBJECTS)) == 8
    assert "custom_object_instance/Order" in second.log


@pytest.mark.parametrize("entry", [None, {"title": "no id"}], ids=["null", "no id"])
def test_endless_list_with_unreadable_entry_ends(
    simulate: Simulate, configure: Configure, entry: Any
) -> None:
    """As of a server that ignores `page`: it sends the same page, and says there is another."""
    simulator = simulate(receipts=10)
    body = page_of(ONE, entry, total_count=None, pages={"next": NEXT})
    simulator.faults.add(Fault("ai_pages", times=40, status=200, body=body))
    output = run(configure(simulator), "external_page", check=False)
    assert output.exit_code == 5
    assert "no page said that it is the last" in output.log
    assert [page for page, _ in pages_of(simulator, "/ai/external_pages")] == [1, 2, 1, 2]


# Invalid entries


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


# Requests that fail


@pytest.mark.parametrize(
    "fault",
    [
        Fault("ai_pages", skip=1, status=500),
        Fault("ai_pages", skip=1, status=429, headers={"Retry-After": "0"}),
        Fault("ai_pages", skip=1, reset=True),
        Fault("ai_pages", skip=1, cut_fraction=0.5),
    ],
    ids=["500", "429", "reset", "cut"],
)
def test_failed_page_is_retried(simulate: Simulate, configure: Configure, fault: Fault) -> None:
    simulator = simulate(receipts=10, ai_pages=320, faults=[fault])
    output = run(configure(simulator), "external_page")
    assert loaded(output, "external_page") == records_of(simulator.ai_content.pages())
    asked = [page for page, _ in pages_of(simulator, "/ai/external_pages")]
    assert asked == [1, 2, 2, 3]


def test_failed_list_deletes_nothing(simulate: Simulate, configure: Configure) -> None:
    fault = Fault("ai_pages", skip=1, times=None, status=403)
    simulator = simulate(receipts=10, ai_pages=320, faults=[fault])
    output = run(configure(simulator), "external_page", check=False)
    assert output.exit_code == 3
    assert not [m for m in output.messages if m["type"] == "ACTIVATE_VERSION"]
    assert "Traceback" not in output.log


def test_ai_content_is_in_the_catalog_and_not_selected(catalog: dict[str, Any]) -> None:
    tops = {
        entry["tap_stream_id"]: part["metadata"]
        for entry in catalog["streams"]
        for part in entry["metadata"]
        if not part["breadcrumb"]
    }
    assert not any(tops[stream]["selected"] for stream in AI)


def test_ai_content_is_not_requested_by_default(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=20, days=5)
    output = run_tap(configure(simulator))
    assert not [r.path for r in simulator.requests if "/content/data" not in r.path]
    assert not {*AI, OBJECTS} & output.streams


def test_lists_need_no_export_scope(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, scopes=(), ai_pages=20)
    config = configure(simulator, custom_object_types=["Order"])
    output = run(config, *AI, OBJECTS)
    assert len(output.records("external_page")) == 20
    assert output.records(OBJECTS)
    assert not [r.path for r in simulator.requests if "export" in r.path]


def test_stream_maps_apply_to_lists(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, ai_pages=20)
    maps = {"external_page": {"html": None, "shout": "title.upper()"}}
    output = run(configure(simulator, stream_maps=maps), "external_page")
    shouts = {record["id"]: record["shout"] for record in output.records("external_page")}
    assert shouts == {page["id"]: page["title"].upper() for page in simulator.ai_content.pages()}
    assert not [record for record in output.records("external_page") if "html" in record]


# Custom objects


def test_instances_of_all_types_are_written(simulate: Simulate, configure: Configure) -> None:
    types = {"Order": 320, "Subscription plan": 24, "Wishlist": 0, "a/b?c": 3}
    simulator = simulate(receipts=10, custom_objects=types)
    output = run(configure(simulator, custom_object_types=list(types)), OBJECTS)
    truth = [one for name in types for one in simulator.custom_objects.instances(name)]
    assert loaded(output, OBJECTS) == records_of(truth)
    assert output.schemas(OBJECTS)[0]["properties"]["custom_attributes"]["type"][0] == "object"
    assert simulator.jobs == simulator.reporting_jobs == []


def test_only_configured_types_are_read(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10)
    output = run(configure(simulator, custom_object_types=["Subscription plan"]), OBJECTS)
    assert {record["type"] for record in output.records(OBJECTS)} == {"Subscription plan"}
    paths = {request.path for request in simulator.requests}
    assert paths == {"/custom_object_instances/Subscription%20plan"}


def test_duplicate_type_is_read_once(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, custom_objects={"Order": 5})
    output = run(configure(simulator, custom_object_types=["Order", "Order"]), OBJECTS)
    assert len(output.records(OBJECTS)) == 5


def test_instances_of_two_types_may_share_an_id(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, custom_objects={"Order": 4, "Return": 4})
    instances = simulator.custom_objects._instances
    for one, other in zip(instances["Order"], instances["Return"], strict=True):
        other["id"] = one["id"]
    output = run(configure(simulator, custom_object_types=["Order", "Return"]), OBJECTS)
    assert len(output.loaded(OBJECTS)) == 8


def test_removed_instance_is_deleted_by_next_run(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, custom_objects={"Order": 5, "Return": 3})
    config = configure(simulator, custom_object_types=["Order", "Return"])
    first = run(config, OBJECTS)
    simulator.custom_objects.remove("Order", simulator.custom_objects.instances("Order")[1]["id"])
    second = run(config, OBJECTS, state=first.state)
    together = type(first)(0, "", first.lines + second.lines)
    assert len(together.loaded(OBJECTS)) == 7


def test_unknown_type_error_names_type(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10)
    config = configure(simulator, custom_object_types=["Wishlist", "Ordr"])
    output = run(config, OBJECTS, check=False)
    assert output.exit_code == 2
    (line,) = [line for line in output.log.splitlines() if "ERROR" in line]
    assert "custom_object_types" in line
    assert "Ordr" in line
    assert not [m for m in output.messages if m["type"] == "ACTIVATE_VERSION"]


@pytest.mark.parametrize("version", ["2.13", "2.15"])
def test_version_without_list_is_reported_before_first_request(
    simulate: Simulate, configure: Configure, version: str
) -> None:
    simulator = simulate(receipts=10)
    config = configure(simulator, custom_object_types=["Order"], api_version=version)
    output = run_tap(config, check=False)
    assert output.exit_code == 2
    assert "api_version: must be 2.16 or later for custom_object_types" in output.log
    assert simulator.requests == []


def test_failed_page_of_instances_is_retried(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, faults=[Fault("custom_objects", skip=1, status=503)])
    output = run(configure(simulator, custom_object_types=["Order"]), OBJECTS)
    assert loaded(output, OBJECTS) == records_of(simulator.custom_objects.instances("Order"))


def test_test_option_requests_one_entry_of_each_list(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=10)
    config = configure(simulator, custom_object_types=["Order"])
    assert run_tap(config, "--test", check=False).exit_code == 0
    assert simulator.jobs == []
    queries = [request.query for request in simulator.requests if "export" not in request.path]
    assert len(queries) == 3
    assert set(queries) == {"page=1&per_page=1"}


def test_log_has_number_of_list_entries(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10)
    output = run(configure(simulator), *AI)
    for name, entries in zip(
        AI, (simulator.ai_content.sources(), simulator.ai_content.pages()), strict=True
    ):
        assert f"Read {len(entries):,} entries of '{name}'" in output.log


def test_without_types_there_is_no_stream(simulate: Simulate, configure: Configure) -> None:
    config = configure(simulate(receipts=10, end=END), custom_object_types=[])
    names = {entry["tap_stream_id"] for entry in discover_in_process(config)["streams"]}
    assert OBJECTS not in names
    assert set(AI) <= names
