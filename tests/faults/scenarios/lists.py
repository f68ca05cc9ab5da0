"""Scenarios of lists: incomplete, with another structure, with invalid entries."""

from __future__ import annotations

from typing import Any

from intercom_simulator import Fault
from tests.faults.scenarios.scenario import UNREADABLE, Expect, Given, Scenario

_STREAM = "custom_object_instance"
_SETTINGS = {"custom_object_types": ["Order"]}
_ORDERS = 320
"""Number of instances of this type in the simulated workspace."""


CHECK_REQUESTS = 1
"""Number of requests for the list during the checks before the first job."""


def _page(*entries: Any, **envelope: Any) -> dict[str, Any]:
    """Return a page in Intercom's format; None removes a key of the envelope."""
    pages = {"type": "pages", "page": 1, "per_page": 150, "total_pages": 1}
    body = {"type": "list", "data": list(entries), "total_count": len(entries), "pages": pages}
    return {name: part for name, part in {**body, **envelope}.items() if part is not None}


def _given(*bodies: Any, times: int | None = 1, skip: int = 0) -> Given:
    return Given(
        settings=_SETTINGS,
        faults=tuple(
            Fault("custom_objects", times=times, skip=skip + CHECK_REQUESTS, status=200, body=body)
            for body in bodies
        ),
    )


_ORDER = {"id": "1", "external_id": "a"}

LISTS = (
    *(
        Scenario(
            f"list {name}",
            f"A list {name}",
            "reads it once more, then an error; nothing is deleted in the target",
            given=_given(body, times=None),
            expect=Expect(exit_code=UNREADABLE, activates_version=False, log=(message,)),
        )
        for name, body, message in (
            ("has no key for its entries", {"type": "list"}, "has no list of entries in 'data'"),
            ("is shorter than its total", _page(_ORDER, total_count=3), "received 1 .* of 3"),
            ("repeats an entry", _page(_ORDER, _ORDER, _ORDER), "received 1 .* of 3"),
            (
                "has no last page",
                _page(_ORDER, total_count=None, pages={"next": "https://api.intercom.invalid"}),
                "no page said that it is the last",
            ),
        )
    ),
    Scenario(
        "list cut once",
        "A page of a list is empty, once",
        "reads it once more",
        given=_given(_page(total_count=_ORDERS), skip=1),
        expect=Expect(
            activates_version=True,
            records={_STREAM: _ORDERS},
            log=("received 150 different entries of 320",),
        ),
    ),
    Scenario(
        "list that changes",
        "A list changes each time it is read",
        "reads it once more, then a warning; nothing is deleted in the target",
        given=_given(*(_page(_ORDER, total_count=total) for total in (3, 2))),
        expect=Expect(
            activates_version=False, records={_STREAM: 1}, log=("changed while it was read",)
        ),
    ),
    Scenario(
        "list with invalid entries",
        "Entries of a list are null, texts, or have an object as id",
        "they go to rejected_row with list, position and reason; the others are written",
        given=_given(_page(_ORDER, None, "Order 2", {"id": {}}, {"id": None})),
        expect=Expect(
            activates_version=False,
            records={_STREAM: 1, "rejected_row": 4},
            log=("4 entries of 'custom_object_instance/Order' cannot be read",),
        ),
    ),
    Scenario(
        "list with times in other formats",
        "Times of a list are ISO texts, fractional seconds as text, or milliseconds",
        "reads them like times of other streams",
        given=_given(
            _page(
                *(
                    {"id": str(number), "created_at": value}
                    for number, value in enumerate(
                        ("2025-01-01T00:00:00Z", "1735689600.0", 1735689600000)
                    )
                )
            )
        ),
        expect=Expect(activates_version=True, records={_STREAM: 3}),
    ),
    Scenario(
        "list with invalid characters",
        "Texts and attribute names of a list contain NUL and unpaired surrogates",
        "replaces them by U+FFFD with one warning; if in an id, the entry goes to rejected_row",
        given=_given(
            _page(
                {**_ORDER, "custom_attributes": {"a\0": "b\ud800"}},
                {"id": "2\0"},
            )
        ),
        expect=Expect(
            records={_STREAM: 1, "rejected_row": 1}, log=(r"Replaced 2 characters .* 1 entry ",)
        ),
    ),
)
