"""Connections that fail because of the environment, in the same way at every try."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

if TYPE_CHECKING:
    from collections.abc import Mapping

CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Environment variables that name a file of certificates to trust; the first that is set counts."""

_BAD_CERTIFICATE_FILE = re.compile(
    r"NO_CERTIFICATE_OR_CRL_FOUND|\[X509|PEM lib|\[ASN1|certificate bundle"
)
_PERMANENT_TLS_ERRORS = ("CERTIFICATE_VERIFY_FAILED", "WRONG_VERSION_NUMBER")
"""What is wrong with TLS in the same way at the next try, as OpenSSL names it."""

_PROXY_REASONS: tuple[tuple[str, str], ...] = (
    (
        "Tunnel connection failed: 407",
        "the proxy wants a user and a password (407)",
    ),
    ("Missing dependencies for SOCKS", "a SOCKS proxy needs PySocks: install requests[socks]"),
    ("Proxy URL had unsupported scheme", "its scheme must be http, https or socks5"),
    ("could be missing the host", "it must be like http://HOST:PORT, with its scheme and host"),
    ("Failed to parse", "its host or port is none; it must be like http://HOST:PORT"),
    ("appears to only use HTTP", "the proxy speaks plain HTTP: begin it with http://"),
)
"""Reasons by a part of the text of the error of requests or urllib3."""


def permanent_problem(
    error: BaseException, url: str, environment: Mapping[str, str] = os.environ
) -> str | None:
    """Say what is wrong with the environment, if that is why a request failed.

    Args:
        error: As requests raised it.
        url: What was asked for.
        environment: The environment variables.

    Returns:
        A line that names the variable and the reason, never a password; None for an error that
        the next try may not meet.
    """
    text = f"{error!r} {root_cause(error)!r}"
    host = urlsplit(url).netloc
    if isinstance(error, (requests.exceptions.SSLError, OSError)) and _BAD_CERTIFICATE_FILE.search(
        text
    ):
        variable = next((name for name in CERTIFICATE_VARIABLES if environment.get(name)), None)
        if variable:
            return (
                f"{variable} must name a file of certificates in PEM form, and "
                f"{environment[variable]} is none"
            )
    if isinstance(error, requests.exceptions.SSLError):
        if any(name in text for name in _PERMANENT_TLS_ERRORS):
            return (
                f"No secure connection to {host}: {root_cause(error)}. Check api_url and the "
                f"proxy; {CERTIFICATE_VARIABLES[0]} names a file of certificates to trust."
            )
        return None
    for part, reason in _PROXY_REASONS:
        if part in text:
            return proxy_problem(url, reason, environment)
    return None


def proxy_problem(
    url: str, reason: str | None = None, environment: Mapping[str, str] = os.environ
) -> str | None:
    """Say which variable names a proxy that does not work.

    Args:
        url: What was asked for.
        reason: What is wrong with it; None for a proxy that answered 407.
        environment: The environment variables.

    Returns:
        A line; None where no variable names a proxy for the address.
    """
    scheme = urlsplit(url).scheme
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
    variable = next((name for name in names if environment.get(name)), None)
    if variable is None:
        return None
    value = environment[variable]
    shown = re.sub(r"[^/]*@", "…@", value)  # a user and a password
    return f"{variable} ({shown}) is no proxy that can be used: {reason or _PROXY_REASONS[0][1]}"


def root_cause(error: BaseException) -> BaseException:
    """Return the error below those of requests and urllib3's retries, which name the URL."""
    inner = error.args[0] if error.args and isinstance(error.args[0], BaseException) else error
    reason = getattr(inner, "reason", None)
    return reason if isinstance(reason, BaseException) else inner
