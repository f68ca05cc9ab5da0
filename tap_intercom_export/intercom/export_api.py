"""The differences between Intercom's export APIs: paths and request bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tap_intercom_export.errors import AttributesRefusedError


@dataclass(frozen=True, slots=True)
class ExportApi:
    """Paths and request bodies of one export API.

    Attributes:
        name: Name for the log.
        create_path: Path that creates a job.
        status_path: Path of a job's status, with `{}` for its identifier.
        download_path: Path of a job's archive, with `{}` for its identifier.
        cancel_path: Path that cancels a job, with `{}` for its identifier; "" if the API cannot.
        body: Returns the request body for a range: its first and last unix second, inclusive.
        excluded_attributes: Returns the attributes that a request body leaves out.
        request_hash: Returns a hash of a request without its range, given the attributes that are
            left out; "" if a request has nothing but its range.
        drop_refused_attributes: Leaves refused attributes out of later requests; returns whether a
            request without them is possible.
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
