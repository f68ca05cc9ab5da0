"""Property names from CSV headers."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.schemas.property_names import (
    MAX_NAME_BYTES,
    property_name,
    snake_case,
    unique_property_names,
)

if TYPE_CHECKING:
    from random import Random

SYSTEM_COLUMNS = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid"]
"""Column names that PostgreSQL reserves ("5.6. System Columns"), and `oid`."""

unicode_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=90)
clashing = st.sampled_from(
    ["a", "A", "a_2", "A 2", " a", "a ", "a %", "a%", "straße", "STRASSE", "", " ", "\0", "ctid"]
)
headers = st.lists(st.one_of(clashing, unicode_text), max_size=15)
plain_name = st.from_regex(r"[a-z_][a-z0-9_]{0,40}", fullmatch=True).filter(
    lambda name: name not in SYSTEM_COLUMNS and not name.startswith("_sdc_")
)


@given(headers, st.lists(plain_name, max_size=4))
def test_property_names_are_unique(names: list[str], reserved: list[str]) -> None:
    made = unique_property_names(names, reserved)
    assert len(set(made)) == len(names)
    assert not set(made) & set(reserved)


@given(headers)
def test_property_names_are_valid_in_databases(names: list[str]) -> None:
    for name in unique_property_names(names, ()):
        assert re.fullmatch("[a-z_][a-z0-9_]*", name, re.ASCII)
        assert len(name) <= MAX_NAME_BYTES == 63
        assert name not in SYSTEM_COLUMNS
        assert not name.startswith("_sdc_")


@given(st.lists(plain_name, unique=True, max_size=10))
def test_valid_names_are_unchanged(names: list[str]) -> None:
    assert unique_property_names(names, ()) == names


@given(st.lists(unicode_text, max_size=8), st.randoms(use_true_random=False))
def test_order_of_headers_does_not_matter(names: list[str], random: Random) -> None:
    names = list(dict.fromkeys(names))
    made = dict(zip(names, unique_property_names(names, ()), strict=True))
    random.shuffle(names)
    assert dict(zip(names, unique_property_names(names, ()), strict=True)) == made


@given(unicode_text, headers)
def test_name_does_not_depend_on_other_headers(header: str, others: list[str]) -> None:
    others = [other for other in others if property_name(other) != property_name(header)]
    alone = unique_property_names([header], ())
    assert unique_property_names([*others, header], ())[-1:] == alone == [property_name(header)]


@given(unicode_text, unicode_text)
def test_headers_with_equal_names_differ_only_in_spelling(one: str, other: str) -> None:
    if property_name(one) == property_name(other) and not re.search(
        "_[0-9a-f]{8}$", snake_case(one)
    ):
        assert snake_case(one) == snake_case(other)


def test_long_headers_with_equal_start_have_different_names() -> None:
    first, second = unique_property_names(["q" * 100 + "1", "q" * 100 + "2"], ())
    assert first != second
    assert len(first) == len(second) == MAX_NAME_BYTES


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("receipt_id", "receipt_id", id="valid name"),
        pytest.param("_default_title_", "_default_title_", id="underscores around"),
        pytest.param("a" * 63, "a" * 63, id="longest valid name"),
        pytest.param("Receipt ID", "receipt_id", id="words"),
        pytest.param("  receipt\tid ", "receipt_id", id="blanks"),
        pytest.param("people.Brand", "people_brand", id="qualified"),
        pytest.param("Größe", "grosse", id="umlaut"),
        pytest.param("STRAẞE", "strasse", id="capital sharp s"),
        pytest.param("Žluťoučký kůň", "zlutoucky_kun", id="háčky"),
        pytest.param("Łódź, Østerå", None, id="letters without a decomposition, and a comma"),
        pytest.param("e\u0301te\u0301", "ete", id="combining accents"),
        pytest.param("2024 plan", "_2024_plan", id="a digit first"),
        pytest.param("a\0b", "ab", id="NUL"),
    ],
)
def test_header_becomes_snake_case(header: str, expected: str | None) -> None:
    assert property_name(header) == (expected or property_name(header))
    assert property_name(header).startswith(expected or "lodz_ostera_")


@pytest.mark.parametrize(
    ("header", "beginning"),
    [
        pytest.param("Discount %", "discount", id="percent"),
        pytest.param('Plan "Pro"', "plan_pro", id="quotes"),
        pytest.param("Is VIP?", "is_vip", id="a question"),
        pytest.param("A&B", "a_b", id="between letters"),
        pytest.param("ctid", "ctid", id="a system column"),
        pytest.param("XMIN", "xmin", id="a system column in capitals"),
        pytest.param("_sdc_batched_at", "sdc_batched_at", id="a column of targets"),
        pytest.param("", "column", id="empty"),
        pytest.param("名前", "column", id="no Latin letter"),
        pytest.param("a" * 64, "a" * 54, id="too long"),
    ],
)
def test_possibly_clashing_header_gets_hash_suffix(header: str, beginning: str) -> None:
    assert re.fullmatch(f"{beginning}_[0-9a-f]{{8}}", property_name(header))
    assert property_name(header) == property_name(f" {header.upper()} ")


def test_names_are_stable_between_releases() -> None:
    assert unique_property_names(["Discount %", "ctid", "a", "a"], ()) == [
        "discount_040b3658",
        "ctid_045f85c6",
        "a",
        "a_ce2dcaa7",
    ]


def test_header_equal_to_name_keeps_it() -> None:
    first, second = unique_property_names(["Client", "client"], ())
    assert second == "client"
    assert re.fullmatch("client_[0-9a-f]{8}", first)


def test_reserved_name_gets_hash_suffix() -> None:
    (name,) = unique_property_names(["created_at"], ["created_at"])
    assert re.fullmatch("created_at_[0-9a-f]{8}", name)


def test_names_of_repeated_headers_do_not_depend_on_headers_between() -> None:
    with_others = unique_property_names(["x", "a", "y", "a", string.punctuation, "a"], ())
    assert [with_others[place] for place in (1, 3, 5)] == unique_property_names(["a"] * 3, ())
