"""`python -m tests.documents`: checks all links of the documentation to other hosts.

The workflow `links.yml` runs it once a week; tests do not depend on other hosts.
"""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

import requests

from tests.documents.markdown import PAGES, links

TIMEOUT_SECONDS = 30


def problem_of(link: str) -> str:
    """Return the problem of a link, or "" if its page exists.

    Args:
        link: An https URL.
    """
    try:
        with requests.get(link, timeout=TIMEOUT_SECONDS, stream=True) as response:
            return "" if response.ok else f"HTTP {response.status_code}"
    except requests.RequestException as error:
        return type(error).__name__


def main() -> int:
    """Print the links that are broken.

    Returns:
        Number of pages with broken links.
    """
    checked: dict[str, str] = {}
    pages = 0
    for page in PAGES:
        found = [link for link in links(page) if urlsplit(link).scheme == "https"]
        for link in found:
            if link not in checked:
                checked[link] = problem_of(link)
            if checked[link]:
                sys.stdout.write(f"{page}: {link}: {checked[link]}\n")
        pages += any(checked[link] for link in found)
    return pages


if __name__ == "__main__":
    sys.exit(main())
