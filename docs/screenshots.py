"""Take screenshots of the report for the documentation, after `make demo`.

python docs/screenshots.py /usr/bin/chromium
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent

REPORT = ROOT / "demo" / "report.html"

PICTURES = (
    ("report-light.png", 1280, 1330, "light"),
    ("report-dark.png", 1280, 1330, "dark"),
    ("report-narrow.png", 400, 1240, "light"),
)
"""File name, width and height in pixels, color scheme."""


def main() -> None:
    """Take the screenshots with the given Chromium."""
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=sys.argv[1], args=options)
        for name, width, height, scheme in PICTURES:
            page = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            page.goto(REPORT.as_uri())
            page.wait_for_selector("html[data-drawn=yes]", state="attached")
            page.screenshot(path=ROOT / "docs" / "images" / name)
        browser.close()


if __name__ == "__main__":
    main()
