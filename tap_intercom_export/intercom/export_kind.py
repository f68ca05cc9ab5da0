"""What tells one kind of export from another: the paths of its API and the body of a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tap_intercom_export.errors import AttributesRefusedError


@dataclass(frozen=True, slots=True)
class ExportKind:
    """What tells one kind of export from another: paths and body.

    Attributes:
        name: For the log.
        create_path: Where a job is asked for.
        status_path: Where one is looked at; `{}` takes its identifier.
        download_path: Where its archive is.
        cancel_path: Where it is canceled, or "" where it cannot be.
        body: Returns the request's body for a range: its first and last unix second, inclusive.
        excluded_attributes: Tells from a body which attributes it leaves out.
        request_hash: Returns a hash of what a job is asked for besides its range, from the
            attributes that are left out; "" where there is nothing else.
        drop_refused_attributes: Told of attributes that were refused; returns whether the request
            can go without them.
    """

    name: str
    create_path: str
    status_path: str
    download_path: str
    cancel_path: str
    body: Callable[[int, int], dict[str, Any]]
    excluded_attributes: Callable[[dict[str, Any]], tuple[str, ...]] = lambda _: ()
    request_hash: Callable[[Collection[str]], str] = lambda _: ""
    drop_refused_attributes: Callable[[AttributesRefusedError], bool] = lambda _: False
