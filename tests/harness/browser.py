"""Chromium for tests: the program, a running browser, and what can be seen on a page of charts."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
"""Program names of Chromium."""

_OVERLAPS = """() => {
  const found = [];
  for (const axis of document.querySelectorAll('.chart .role-axis-label')) {
    const labels = [...axis.querySelectorAll('text')].filter(
      (text) => getComputedStyle(text).opacity !== '0' && text.textContent);
    const boxes = labels.map((text) => text.getBoundingClientRect());
    boxes.forEach((one, place) => boxes.slice(place + 1).forEach((other, offset) => {
      const x = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const y = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      // boxes of lines contain the space between lines
      if (x > -2 && y > 4) {
        const pair = [labels[place], labels[place + 1 + offset]];
        found.push(pair.map((text) => text.textContent).join(' | '));
      }
    }));
  }
  return found;
}"""

_CUT_OFF = """() => {
  const found = [];
  for (const svg of document.querySelectorAll('.chart svg')) {
    const frame = svg.getBoundingClientRect();
    for (const text of svg.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      if (getComputedStyle(text).opacity !== '0' && text.textContent &&
          (box.right > frame.right + 1 || box.left < frame.left - 1)) found.push(text.textContent);
    }
  }
  for (const element of document.querySelectorAll('.tile, .tile *')) {
    if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth)
      found.push(element.textContent);
  }
  return found;
}"""


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium, which is installed with apt if the tests run as root."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    apt = shutil.which("apt-get")
    if found is None and os.geteuid() == 0 and apt:
        install = ("install", "--yes", "--quiet", "--no-install-recommends", PROGRAMS[0])
        for arguments in (("update", "--quiet"), install):
            subprocess.run([apt, *arguments], check=False, capture_output=True)
        found = shutil.which(PROGRAMS[0])
    if found is None:
        pytest.skip("needs Chromium: apt install chromium, or brew install --cask chromium")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - few tests need it

    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=chromium, args=options)
        yield running
        running.close()


def open_page(
    browser: Browser, path: Path, width: int, scheme: Any = "light", time_zone: str = "UTC"
) -> tuple[Page, list[str]]:
    """Open a page of charts; return it, and its errors and requests to the network."""
    wrong: list[str] = []
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme=scheme, timezone_id=time_zone
    )
    page.on("console", lambda message: wrong.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda it: None if it.url == path.as_uri() else wrong.append(it.url[:200]))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-drawn=yes]", state="attached")
    return page, wrong


def overlapping_labels(page: Page) -> list[str]:
    """Return the pairs of labels of an axis that overlap, or touch each other."""
    found: list[str] = page.evaluate(_OVERLAPS)
    return found


def cut_off_texts(page: Page) -> list[str]:
    """Return the texts that are wider than their chart or tile."""
    found: list[str] = page.evaluate(_CUT_OFF)
    return found


def axis_labels(page: Page, chart: str, axis: int = 0) -> list[str]:
    """Return the visible labels of an axis of a chart; 0 is the horizontal one."""
    found: list[str] = page.evaluate(
        """([chart, axis]) => [...document.querySelectorAll(
          `[data-chart=${chart}] .role-axis`)].filter((it) => it.querySelector('text'))
          .map((it) => [...it.querySelectorAll('.role-axis-label text')]
            .filter((text) => getComputedStyle(text).opacity !== '0')
            .map((text) => text.textContent))[axis]""",
        [chart, axis],
    )
    return found


def legend_labels(page: Page, chart: str) -> list[str]:
    """Return the labels of the legend of a chart."""
    return page.locator(f"[data-chart={chart}] .role-legend-label text").all_text_contents()


def tooltip(page: Page, chart: str, number: int) -> dict[str, str]:
    """Return the tooltip of a bar of a chart; 0 is the first one."""
    page.locator(f"[data-chart={chart}] [aria-roledescription=bar]").nth(number).hover()
    rows = page.locator("#vg-tooltip-element.visible tr")
    cells = [row.locator("td").all_text_contents() for row in rows.all()]
    return {key.rstrip(":"): value for key, value in cells}
