"""Links lead to pages, headings and files that exist; paths named in the text exist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
from typing_extensions import override

from tap_intercom_export.list_endpoints import LIST_PATHS
from tap_intercom_export.streams import ListStream, ai_content
from tap_intercom_export.tap import TapIntercomExport
from tests.documents.markdown import PAGES, ROOT, anchors, inline_code, links

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk import Stream

PATH = re.compile(r"(?:[\w-]+/)+(?:[\w-]+\.\w+)?|[\w-]+\.(?:py|toml|in)")
"""Inline code that names a file or folder of the repository: `docs/`, `exports/job.py`."""

GENERATED = {"__pycache__", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", "site"}

USER_FOLDERS = {".meltano/", "landing/", "other/"}
"""Folders of a user's project."""


@cache
def paths() -> tuple[str, ...]:
    """Return all files of the repository, and its folders with a trailing slash."""
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in GENERATED and "venv" not in name]
        place = f"{folder.removeprefix(str(ROOT))}/"
        found += [place, *(f"{place}{name}" for name in files)]
    return tuple(found)


def is_external(link: str) -> bool:
    return bool(urlsplit(link).scheme)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings_that_exist(page: str) -> None:
    broken = []
    for link in links(page):
        if is_external(link):
            continue
        name, _, anchor = link.partition("#")
        target = (ROOT / page).parent / name if name else ROOT / page
        wanted = anchors(str(target.resolve().relative_to(ROOT))) if anchor else ()
        if not target.exists() or (anchor and anchor not in wanted):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_links_to_other_places_are_encrypted_and_not_to_this_machine(page: str) -> None:
    for link in filter(is_external, links(page)):
        parts = urlsplit(link)
        assert parts.scheme == "https", link
        assert "." in parts.netloc, link
        assert parts.netloc != "127.0.0.1", link


@pytest.mark.parametrize("page", PAGES)
def test_files_named_in_the_text_exist(page: str) -> None:
    named = {code for code in inline_code(page) if PATH.fullmatch(code)}
    missing = {code for code in named if not any(path.endswith(f"/{code}") for path in paths())}
    assert missing - USER_FOLDERS == set()


NAME = re.compile(r"([a-z]+(?:_[a-z]+)+)(?:: .*)?")
"""Inline code that names a setting, column, stream, metric or the like: `lookback_days: 7`."""

NAMES_OF_OTHER_PROGRAMS = {
    *(
        "clean_up_batch_files",
        "hard_delete",
    ),  # settings of targets, which are not set in this repository
    "state_backend",  # a setting of Meltano
    *("http_request_count", "record_count", "sync_duration"),  # metrics of singer-sdk
    *("people_brand", "reporting_call", "ticket_created_at"),  # named after data of a workspace
}
"""Names that do not occur in the source of this repository."""


@cache
def source() -> str:
    """Return all sources except documentation and tests, as one text."""
    endings = (".py", ".sql", ".toml", ".yaml", ".yml", "Makefile")
    found = (path[1:] for path in paths() if path.endswith(endings))
    return "\n".join(
        (ROOT / path).read_text(encoding="utf-8")
        for path in found
        if not path.startswith(("tests/", "docs/"))
    )


@pytest.mark.parametrize("page", PAGES)
def test_names_in_the_text_occur_in_the_source(page: str) -> None:
    """The changelog is excluded, because it describes earlier versions."""
    if page != "CHANGELOG.md":
        named = {match[1] for code in inline_code(page) if (match := NAME.fullmatch(code))}
        unknown = {name for name in named - NAMES_OF_OTHER_PROGRAMS if name not in source()}
        assert unknown == set()


# --- CONTRIBUTING.md

PLACES = {
    "CSV file": ("schemas/csv_files.py", "FileSchema("),
    "column type": ("schemas/column_kinds.py", "class Kind"),
    "container": ("archive/formats.py", "def open_format"),
    "status word": ("exports/job_status.py", "JobStatus.COMPLETED,"),
    "429": ("intercom/error_responses.py", "SLOT_TAKEN_MESSAGE ="),
    "setting": ("config/schema.py", "th.Property("),
    "list endpoint": ("list_endpoints.py", "LIST_PATHS ="),
    "fault": ("intercom_simulator/faults.py", "class Fault"),
}
"""Places to add something, and a text that occurs there."""


@pytest.mark.parametrize("what", PLACES)
def test_contributing_names_the_place_to_add_something(what: str) -> None:
    place, marker = PLACES[what]
    (found,) = (path for path in paths() if path.endswith(f"/{place}"))
    assert marker in (ROOT / found[1:]).read_text(encoding="utf-8")
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = page.split("### To add …")[1].split("## ")[0]
    rows = [row.split(" | ") for row in section.splitlines() if row.startswith("| ")]
    (row,) = (row for row in rows if what in row[0])
    assert f"`{place}`" in row[1]


def test_every_stream_of_a_list_is_discovered_and_tested_with_its_path() -> None:
    """Checks the places that must change when a list is added."""
    written = {
        stream
        for stream in vars(ai_content).values()
        if isinstance(stream, type) and issubclass(stream, ListStream) and stream is not ListStream
    }
    lists = [stream for stream in streams() if isinstance(stream, ListStream)]
    discovered = [stream for stream in lists if type(stream) in written]
    assert len(discovered) == len(written)
    assert {stream.name: stream.path for stream in discovered} == LIST_PATHS


def streams() -> Iterable[Stream]:
    tap = TapIntercomExport(config={}, validate_config=False)
    return tap.discover_streams()


# --- the website


class _Page(HTMLParser):
    """Collects the links and the anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"href", "src"} and value and tag in {"a", "img", "link", "script"}:
                self.links.append(value)
            if name == "id" and value:
                self.anchors.add(value)


@cache
def parsed(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The website, built with the command of `make site`."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / "mkdocs.yml", folder)
    zensical = Path(sys.executable).with_name("zensical")
    done = subprocess.run(
        [str(zensical), "build", "--strict", "--config-file", "mkdocs.yml"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


def test_links_of_the_website_lead_to_pages_and_anchors(site: Path) -> None:
    pages = sorted(site.rglob("index.html"))
    assert len(pages) == len(list((ROOT / "docs").glob("*.md")))
    assert sorted(broken_links(site, pages)) == []


def broken_links(site: Path, pages: list[Path]) -> Iterator[str]:
    for page in pages:
        for link in parsed(page).links:
            if is_external(link):
                continue
            name, _, anchor = unquote(link).partition("#")
            target = (page.parent / name) if name else page
            if target.is_dir():
                target /= "index.html"
            found = target.exists()
            if found and anchor and target.suffix == ".html":
                found = anchor in parsed(target).anchors
            if not found:
                yield f"{page.relative_to(site)}: {link}"
