"""Connection errors caused by the environment, such as a proxy: retries cannot help."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

if TYPE_CHECKING:
    from collections.abc import Mapping

CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Environment variables that name a file of trusted certificates; the first one that is set
counts."""

_BAD_CERTIFICATE_FILE = re.compile(
    r"NO_CERTIFICATE_OR_CRL_FOUND|\[X509|PEM lib|\[ASN1|certificate bundle"
)
_PERMANENT_TLS_ERRORS = ("CERTIFICATE_VERIFY_FAILED", "WRONG_VERSION_NUMBER")
"""OpenSSL's names of TLS errors that a retry does not resolve."""

_PROXY_REASONS: tuple[tuple[str, str], ...] = (
    (
        "Tunnel connection failed: 407",
        "the proxy requires a user and a password (407)",
    ),
    ("Missing dependencies for SOCKS", "a SOCKS proxy needs PySocks: install requests[socks]"),
    ("Proxy URL had unsupported scheme", "its scheme must be http, https or socks5"),
    ("could be missing the host", "it must be like http://HOST:PORT, with its scheme and host"),
    ("Failed to parse", "its host or port is invalid; it must be like http://HOST:PORT"),
    ("appears to only use HTTP", "the proxy speaks plain HTTP: begin it with http://"),
)
"""Reason by a part of the error message of requests or urllib3."""


def permanent_problem(
    error: BaseException, url: str, environment: Mapping[str, str] = os.environ
) -> str | None:
    """Describe the problem in the environment that made a request fail.

    Args:
        error: The exception that requests raised.
        url: The requested URL.
        environment: The environment variables.

    Returns:
        A message that names the variable and the reason, never a password; None for an error that
        may not occur again.
    """
    text = f"{error!r} {root_cause(error)!r}"
    host = urlsplit(url).netloc
    if isinstance(error, (requests.exceptions.SSLError, OSError)) and _BAD_CERTIFICATE_FILE.search(
        text
    ):
        variable = next((name for name in CERTIFICATE_VARIABLES if environment.get(name)), None)
        if variable:
            return (
                f"{variable} must name a file of certificates in PEM format; "
                f"{environment[variable]} is not one"
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
    """Name the environment variable whose proxy does not work.

    Args:
        url: The requested URL.
        reason: What is wrong with the proxy; None for one that answered 407.
        environment: The environment variables.

    Returns:
        A message; None if no variable names a proxy for the URL.
    """
    scheme = urlsplit(url).scheme
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
    variable = next((name for name in names if environment.get(name)), None)
    if variable is None:
        return None
    value = environment[variable]
    shown = re.sub(r"[^/]*@", "…@", value)  # hides user and password
    return f"The proxy in {variable} ({shown}) cannot be used: {reason or _PROXY_REASONS[0][1]}"


def root_cause(error: BaseException) -> BaseException:
    """Return the error inside those of requests and urllib3's retries, whose text has the URL.

    Args:
        error: The error that requests or urllib3 raised.
    """
    inner = error.args[0] if error.args and isinstance(error.args[0], BaseException) else error
    reason = getattr(inner, "reason", None)
    return reason if isinstance(reason, BaseException) else inner
