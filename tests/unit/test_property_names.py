"""Headers to names of properties."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.schemas.property_names import MAX_NAME_BYTES, property_names

unicode_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=90)
clashing = st.sampled_from(["a", "A", "a_2", "A_2", " a", "a ", "straße", "STRASSE", "", " ", "\0"])
headers = st.lists(st.one_of(clashing, unicode_text), max_size=15)
plain_name = st.text(string.ascii_lowercase + "_äé€", min_size=1, max_size=20)


@given(headers, st.lists(clashing, max_size=4))
def test_no_two_names_are_alike_in_any_capitals(names: list[str], taken: list[str]) -> None:
    made = [name.casefold() for name in property_names(names, taken)]
    assert len(set(made)) == len(names)
    assert not set(made) & {name.casefold() for name in taken}


@given(headers)
def test_no_name_is_longer_than_a_database_takes(names: list[str]) -> None:
    assert all(1 <= len(name.encode()) <= 63 for name in property_names(names, ()))


@given(headers)
def test_no_name_holds_a_nul_or_blanks_at_its_ends(names: list[str]) -> None:
    assert all("\0" not in name and name == name.strip() for name in property_names(names, ()))


@given(st.lists(plain_name, unique_by=str.casefold, max_size=10))
def test_names_that_are_good_stay_as_they_are(names: list[str]) -> None:
    assert property_names(names, ()) == names


@given(st.text(string.ascii_letters + "äé€😀", min_size=64, max_size=200), headers)
def test_a_long_header_has_the_same_name_whatever_follows_it(
    header: str, others: list[str]
) -> None:
    assert property_names([header, *others], ())[0] == property_names([header], ())[0]


@given(st.text(string.ascii_letters, min_size=63, max_size=63))
def test_a_header_of_63_bytes_stays_as_it_is(header: str) -> None:
    assert property_names([header], ()) == [header]


def test_long_headers_that_begin_alike_have_different_names() -> None:
    first, second = property_names(["q" * 100 + "1", "q" * 100 + "2"], ())
    assert first != second
    assert len(first) == len(second) == MAX_NAME_BYTES


def test_a_long_header_begins_its_name() -> None:
    assert property_names(["How likely are you to recommend us? " * 4], ())[0].startswith(
        "How likely are you to recommend us?"
    )


def test_a_long_header_that_repeats_gets_another_name() -> None:
    first, second = property_names(["é" * 60, "é" * 60], ())
    assert first != second
    assert len(second.encode()) <= MAX_NAME_BYTES


@pytest.mark.parametrize(
    ("names", "taken", "expected"),
    [
        pytest.param(["a", "a", "a"], (), ["a", "a_2", "a_3"], id="repeated"),
        pytest.param(["Email", "EMAIL"], (), ["Email", "EMAIL_2"], id="other capitals"),
        pytest.param(["receipt_id"], ("Receipt_ID",), ["receipt_id_2"], id="taken"),
        pytest.param([" a "], (), ["a"], id="blanks around it"),
        pytest.param(["a\0b"], (), ["ab"], id="NUL"),
        pytest.param(["x", ""], (), ["x", "column_2"], id="empty"),
        pytest.param(["a", "a", "a_2"], (), ["a", "a_2", "a_2_2"], id="numbered already"),
    ],
)
def test_a_header_that_cannot_stay_gets_a_name(
    names: list[str], taken: tuple[str, ...], expected: list[str]
) -> None:
    assert property_names(names, taken) == expected
