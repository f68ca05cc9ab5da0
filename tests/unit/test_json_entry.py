"""Entries of JSON lists: conversion of any JSON value, and invalid characters."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.rows.json_entry import EntryReader
from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import Column

COLUMNS = (
    Column("id", Kind.ID, ""),
    Column("at", Kind.TIME, ""),
    Column("text", Kind.TEXT, ""),
    Column("flag", Kind.BOOLEAN, ""),
    Column("ids", Kind.IDS, ""),
    Column("object", Kind.OBJECT, ""),
)

ANY_CHARACTER = st.characters(categories=("L", "Cc", "Cs", "So"))
TEXTS = st.text(ANY_CHARACTER, max_size=8)


def json_values(floats: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    """Return a strategy for JSON values."""
    return st.recursive(
        st.none() | st.booleans() | st.integers() | floats | TEXTS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
        max_leaves=12,
    )


JSON = json_values(st.floats())
FINITE = json_values(st.floats(allow_nan=False, allow_infinity=False))


def read(**properties: Any) -> dict[str, Any]:
    return EntryReader(COLUMNS, ("id",)).record({"id": "1", **properties})


@given(st.fixed_dictionaries({column.name: JSON for column in COLUMNS}) | JSON)
def test_any_entry_becomes_valid_record_or_is_refused(entry: Any) -> None:
    try:
        record = EntryReader(COLUMNS, ("id",)).record(entry)
    except ValueError:
        return
    assert list(record) == [column.name for column in COLUMNS]
    assert record["id"]
    line = json.dumps(record, ensure_ascii=False, allow_nan=False)
    line.encode()  # no half surrogate pair
    assert "\\u0000" not in line.replace("\\\\", "")


def shape(value: Any) -> Any:
    """Return the structure of a JSON value without its texts."""
    if isinstance(value, dict):
        return [shape(entry) for entry in value.values()]
    return [shape(entry) for entry in value] if isinstance(value, list) else type(value)


@given(st.dictionaries(TEXTS, FINITE, max_size=4))
def test_object_attributes_are_kept(attributes: dict[str, Any]) -> None:
    assert shape(read(object=attributes)["object"]) == shape(attributes)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_non_json_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"object has .* not a number in JSON"):
        read(object={"a": value})


def test_deeply_nested_entry_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(20_000):
        deep = {"a": deep}
    with pytest.raises(ValueError, match="nested too deeply"):
        read(object=deep)


def test_replaced_characters_are_counted_by_entries() -> None:
    reader = EntryReader(COLUMNS, ("id",))
    for text in ("a\0\0", "b", "\ud800c"):
        reader.record({"id": "1", "text": text})
    assert (reader.replaced, reader.entries_with_replacements) == (3, 2)
