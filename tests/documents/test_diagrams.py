"""Diagrams of the documentation agree with the catalog, the packages and the windows of a plan."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from demo.project import ROOT
from tests.documents.claims import blocks_of
from tests.harness.singer import discover_in_process, run_tap

if TYPE_CHECKING:
    from tests.documents.markdown import Block
    from tests.harness.fixture_types import Configure, Simulate

FROM_REPORTS = {"reporting_conversation"}
"""Streams that discovery adds."""


@blocks_of("test_entities_are_streams_with_their_properties")
def test_entities_are_streams_with_their_properties(
    block: Block, simulate: Simulate, configure: Configure
) -> None:
    config = configure(simulate(receipts=1), reporting_datasets=["conversation"])
    streams = {s["tap_stream_id"]: s for s in discover_in_process(config)["streams"]}
    relations = re.findall(r'(?m)^ +(\w+) [|}][|o]--[|o][|{] (\w+) : "(.+)"$', block.text)
    entities = re.findall(r"(?m)^ +(\w+) \{\n([^}]+)\}", block.text)
    assert len(relations) + 1 + sum(2 + len(e[1].split("\n")) - 1 for e in entities) == len(
        block.lines
    ), "a line that is neither a relation nor of an entity"
    for parent, child, joined_by in relations:
        for name in joined_by.split(", "):
            for stream in (parent, child):
                # lists have another name for the key of their parent
                assert name in streams[stream]["schema"]["properties"] or stream == (
                    "content_import_source"
                ), f"{stream}.{name}"
    for name, body in entities:
        properties = streams[name]["schema"]["properties"]
        drawn = [line.split() for line in body.strip().splitlines()]
        for kind, column, *_ in drawn:
            is_time = properties[column].get("format") == "date-time"
            assert kind == ("datetime" if is_time else properties[column]["type"][0])
        keys = {column for _, column, *marks in drawn if "PK" in marks}
        assert keys == set(streams[name]["key_properties"])


@blocks_of("test_flowchart_connects_nodes_that_have_texts")
def test_flowchart_connects_nodes_that_have_texts(block: Block) -> None:
    """Every arrow connects nodes with a text. Mermaid itself needs a browser."""
    first, *arrows = block.lines
    assert first == "flowchart LR"
    nodes = dict(re.findall(r"(?m)\b(\w)\[(.+?)\](?: |$)", block.text))
    for arrow in arrows:
        match = re.fullmatch(r" +(\w)(?:\[.+\])? -- [^-]+ --> (\w)(?:\[.+\])?", arrow)
        assert match, arrow
        assert {match[1], match[2]} <= set(nodes)


@blocks_of("test_packages_of_a_diagram_exist")
def test_packages_of_a_diagram_exist(block: Block) -> None:
    line = block.lines[0]
    packages = [*re.findall(r"\w+", line), *re.findall(r"└ (\w+)", block.text)]
    assert packages.pop(packages.index("stdout"))
    for package in packages:
        assert (ROOT / "tap_intercom_export" / package / "__init__.py").exists()


@blocks_of("test_documented_windows_equal_a_plan")
def test_documented_windows_equal_a_plan(
    block: Block, simulate: Simulate, configure: Configure
) -> None:
    typed = dict(part.split(" ") for part in block.lines[0].split(", "))
    settings = {name: text if "-" in text else int(text) for name, text in typed.items()}
    config = configure(simulate(receipts=1), **settings, end_date="2026-03-20")
    output = run_tap(config, "--plan", "--format", "json", check=False)
    (export,) = json.loads("\n".join(output.lines))["exports"]
    windows = [
        tuple(_day(window[name]) for name in ("created_at_after", "created_at_before"))
        for window in export["windows"]
    ]
    drawn = [
        f"{datetime.strptime(f'{text} 2026', '%b %d %Y').replace(tzinfo=timezone.utc):%Y-%m-%d}"
        for text in re.findall(r"[A-Z][a-z]{2} \d+", block.text)
    ]
    jan_1, jan_31, mar_2, jan_24, feb_23 = drawn
    assert windows == [(jan_1, jan_31), (jan_24, mar_2), (feb_23, "2026-03-20")]


def _day(text: str) -> str:
    """Return the day of a time; a window ends in the last second before it."""
    instant = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return f"{instant + timedelta(seconds=1):%Y-%m-%d}"
