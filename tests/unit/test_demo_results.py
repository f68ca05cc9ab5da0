"""Text tables of the demo."""

from __future__ import annotations

from decimal import Decimal

from demo.results import Count, counts_table, table


def test_numbers_have_thousands_separators_and_are_right_aligned() -> None:
    rows = [
        ("News", 6312, Decimal("12345.5"), "962111047", True),
        ("Émilie 日本", 7, None, "1", False),
    ]
    assert table(["content", "sent", "amount", "receipt_id", "rated"], rows).splitlines() == [
        "  content       sent  amount    receipt_id  rated",
        "  -----------  -----  --------  ----------  -----",
        "  News         6,312  12,345.5   962111047  True",
        "  Émilie 日本      7                     1  False",
    ]


def test_counts_after_two_runs() -> None:
    first = [Count("open", 1_568, 1_568), Count("click", 20, 19)]
    second = [Count("open", 1_600, 1_600), Count("click", 21, 21)]
    assert counts_table(first, second).splitlines() == [
        "  table  run 1: Intercom  loaded  run 2: Intercom  loaded",
        "  -----  ---------------  ------  ---------------  ------  -------",
        "  open             1,568   1,568            1,600   1,600  equal",
        "  click               20      19               21      21  differs",
    ]
