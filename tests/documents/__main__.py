"""`python -m tests.documents`: ask for each page on other hosts that the documentation links to.

The workflow `links.yml` runs it once a week; tests do not depend on other hosts.
"""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

import requests

from tests.documents.markdown import PAGES, links

TIMEOUT_SECONDS = 30


def trouble(link: str) -> str:
    """Return what is wrong with a link; "" if its page is there.

    Args:
        link: An https address.
    """
    try:
        with requests.get(link, timeout=TIMEOUT_SECONDS, stream=True) as response:
            return "" if response.ok else f"HTTP {response.status_code}"
    except requests.RequestException as error:
        return type(error).__name__


def main() -> int:
    """Print the links that are broken.

    Returns:
        How many pages have one.
    """
    checked: dict[str, str] = {}
    pages = 0
    for page in PAGES:
        found = [link for link in links(page) if urlsplit(link).scheme == "https"]
        for link in found:
            if link not in checked:
                checked[link] = trouble(link)
            if checked[link]:
                sys.stdout.write(f"{page}: {link}: {checked[link]}\n")
        pages += any(checked[link] for link in found)
    return pages


if __name__ == "__main__":
    sys.exit(main())
