"""Every recipe of docs/recipes.md and its result.

`WRITE_RECIPES=1 pytest tests/dbt/built/test_recipes.py` writes the results.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from demo.project import ROOT
from tests.dbt.built.conftest import MARTS, RAW
from tests.documents.markdown import blocks
from tests.harness.stopped_simulator import END

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.dbt.built.conftest import Workspace

pytestmark = pytest.mark.timeout(600)

PATH = ROOT / "docs" / "recipes.md"

RECIPE = re.compile(r"```sql\n(?P<query>.*?)```\n(?:\n(?P<result>(?:\|[^\n]*\n)+))?", re.DOTALL)
"""Pattern of a query and the table below it."""

NUMBER = 10


def table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "".join(f"| {' | '.join(map(text, line))} |\n" for line in lines)


def text(value: Any) -> str:
    shown = "" if value is None else str(value)
    return " ".join(shown.split()).replace("|", "&#124;")


def test_every_recipe_gives_the_result_below_it(workspace: Workspace) -> None:
    written = PATH.read_text(encoding="utf-8")
    with workspace.connect(f"{MARTS},{RAW}") as connection:

        def with_result(match: re.Match[str]) -> str:
            cursor = connection.execute(match["query"].encode())
            names = [column.name for column in cursor.description or ()]
            rows = [list(row.values()) for row in cursor.fetchall()]
            assert rows, match["query"]
            return f"```sql\n{match['query']}```\n\n{table(names, rows)}"

        made, number = RECIPE.subn(with_result, written)
    if os.environ.get("WRITE_RECIPES"):
        PATH.write_text(made, encoding="utf-8")
    assert number == NUMBER
    assert made == PATH.read_text(encoding="utf-8")


def test_indexes_of_the_streams_can_be_made(workspace: Workspace) -> None:
    (block,) = (b for b in blocks("docs/streams.md") if "CREATE INDEX" in b.text)
    with workspace.connect(RAW) as connection, connection.transaction(force_rollback=True):
        connection.execute(block.text.encode())
        found = connection.execute(
            "SELECT count(*) AS number FROM pg_indexes WHERE schemaname = %s AND indexname LIKE %s",
            [RAW, "%_idx"],
        ).fetchone()
    assert found == {"number": len(block.lines)}


def test_person_is_erased_from_every_stream(workspace: Workspace) -> None:
    (block,) = (b for b in blocks("docs/privacy.md") if "DELETE FROM" in b.text)
    (example,) = re.findall(r"text := '(.+)';", block.text)
    of_a_person = "FROM receipt WHERE user_id = %s"
    with workspace.connect(RAW) as connection, connection.transaction(force_rollback=True):

        def count(query: str, *values: str) -> int:
            (row,) = connection.execute(f"SELECT count(*) AS n {query}".encode(), values)
            number: int = row["n"]
            return number

        (chosen,) = connection.execute(
            "SELECT user_id FROM receipt JOIN open USING (receipt_id) GROUP BY 1 "
            "ORDER BY count(*) DESC LIMIT 1"
        )
        person = chosen["user_id"]
        in_all, their_own = count("FROM receipt"), count(of_a_person, person)
        opened = count(f"FROM open WHERE receipt_id IN (SELECT receipt_id {of_a_person})", person)
        opened_in_all = count("FROM open")
        assert opened
        query = block.text.replace(example, person).replace("tap_intercom_export", RAW)
        connection.execute(query.encode())
        assert count("FROM receipt") == in_all - their_own
        assert count("FROM open") == opened_in_all - opened
        assert count("FROM checkpoint WHERE user_id = %s", person) == 0


def test_start_for_a_lost_state_is_in_content_export(workspace: Workspace) -> None:
    (block,) = (b for b in blocks("docs/windows-and-state.md") if b.language == "sql")
    with workspace.connect(RAW) as connection:
        query = block.text.replace("tap_intercom_export.", f"{RAW}.")
        (found,) = connection.execute(query.encode())
    assert list(found.values()) == [END.replace(tzinfo=None) + timedelta(days=2 - 7)]
