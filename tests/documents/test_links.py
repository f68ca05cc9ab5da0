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

from tests.documents.markdown import PAGES, ROOT, anchors, inline_code, links

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = re.compile(r"(?:[\w-]+/)+(?:[\w-]+\.\w+)?|[\w-]+\.(?:py|toml|in)")
"""Inline code that names a file or folder of the repository: `docs/`, `exports/job.py`."""

GENERATED = {"__pycache__", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", "site"}

OF_A_USER = {".meltano/", "other/"}
"""Folders of a user's project."""


@cache
def paths() -> tuple[str, ...]:
    """All files of the repository, and its folders with a slash at the end."""
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in GENERATED and "venv" not in name]
        place = f"/{Path(folder).relative_to(ROOT)}/"
        found += [place, *(f"{place}{name}" for name in files)]
    return tuple(found)


def is_elsewhere(link: str) -> bool:
    return bool(urlsplit(link).scheme)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings_that_exist(page: str) -> None:
    broken = []
    for link in links(page):
        if is_elsewhere(link):
            continue
        name, _, anchor = link.partition("#")
        target = (ROOT / page).parent / name if name else ROOT / page
        wanted = anchors(str(target.resolve().relative_to(ROOT))) if anchor else ()
        if not target.exists() or (anchor and anchor not in wanted):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_links_to_other_places_are_encrypted_and_not_to_this_machine(page: str) -> None:
    for link in filter(is_elsewhere, links(page)):
        parts = urlsplit(link)
        assert parts.scheme == "https", link
        assert "." in parts.netloc, link
        assert parts.netloc != "127.0.0.1", link


@pytest.mark.parametrize("page", PAGES)
def test_files_named_in_the_text_exist(page: str) -> None:
    named = {code for code in inline_code(page) if PATH.fullmatch(code)}
    missing = {code for code in named if not any(path.endswith(f"/{code}") for path in paths())}
    assert missing - OF_A_USER == set()


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
    """The website, built as `make site` builds it."""
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
            if is_elsewhere(link):
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
