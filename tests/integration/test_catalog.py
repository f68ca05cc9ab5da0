"""The catalog: a snapshot, and rules for every stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from syrupy.extensions.json import JSONSnapshotExtension

from intercom_simulator.content_export.columns import ASSUMED_FILES, FILES

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

KEYS = {
    "content_export": ["job_identifier"],
    "receipt": ["receipt_id"],
    "answer_combined": ["receipt_id"],
    "checkpoint": ["series_entry_record_id", "ruleset_id", "user_id"],
    "overview": ["ruleset_id", "content_id", "created_at_after", "created_at_before"],
    "other_statistic": ["row_id"],
    "rejected_row": ["job_identifier", "file", "line"],
    "content_import_source": ["id"],
    "external_page": ["id"],
}
"""Keys of streams; the key of all other streams is `event_id`."""

LISTS = {"content_import_source", "external_page"}
"""Full-table streams, which are not selected by default."""

ASSUMED_STREAMS = {file.name for file in ASSUMED_FILES}
"""Files whose columns are not published, so that the tap reads them from the file."""


@pytest.fixture
def streams(catalog: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["tap_stream_id"]: entry for entry in catalog["streams"]}


def test_catalog_equals_snapshot(catalog: dict[str, Any], snapshot: SnapshotAssertion) -> None:
    for entry in catalog["streams"]:
        entry["metadata"].sort(key=lambda part: part["breadcrumb"])
    assert catalog == snapshot(extension_class=JSONSnapshotExtension)


def test_every_file_has_its_stream(streams: dict[str, Any]) -> None:
    assert {*FILES, *KEYS} <= set(streams)


def test_every_property_is_described(streams: dict[str, Any]) -> None:
    for name, entry in streams.items():
        for column, schema in entry["schema"]["properties"].items():
            assert schema["description"].endswith((".", "…")), f"{name}.{column}"


def test_every_record_has_a_created_at(streams: dict[str, Any]) -> None:
    for name, entry in streams.items():
        created_at = entry["schema"]["properties"].get("created_at")
        assert created_at, name
        assert created_at["format"] == "date-time", name


def test_keys_are_as_documented_and_not_null(streams: dict[str, Any]) -> None:
    for name, entry in streams.items():
        assert sorted(entry["key_properties"]) == sorted(KEYS.get(name, ["event_id"])), name
        for column in entry["key_properties"]:
            assert "null" not in entry["schema"]["properties"][column]["type"], f"{name}.{column}"


def test_every_intercom_column_is_in_catalog(streams: dict[str, Any]) -> None:
    for file in FILES.values():
        known = set(streams[file.name]["schema"]["properties"])
        columns = {"receipt_id"} if file.name in ASSUMED_STREAMS else set(file.columns)
        assert columns <= known, file.name


def test_column_names_fit_every_database(streams: dict[str, Any]) -> None:
    for entry in streams.values():
        for column in entry["schema"]["properties"]:
            assert len(column.encode()) <= 63, column
            assert column == column.lower(), column


def test_all_streams_except_lists_are_incremental_and_selected(streams: dict[str, Any]) -> None:
    for name, entry in streams.items():
        top = next(part["metadata"] for part in entry["metadata"] if not part["breadcrumb"])
        method = "FULL_TABLE" if name in LISTS else "INCREMENTAL"
        assert entry["replication_method"] == method, name
        assert top["selected"] == (name not in LISTS), name
