"""Lists that Intercom gives page by page: full tables, on the SDK's RESTStream.

Pages are asked for by their number: the address in `pages.next` names a host that may not be ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from singer_sdk import RESTStream
from singer_sdk.pagination import PageNumberPaginator
from typing_extensions import override

from tap_intercom_export.clock import to_text
from tap_intercom_export.schemas.columns import json_schema
from tap_intercom_export.schemas.kinds import Kind
from tap_intercom_export.streams.sdk import FullTableStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import ClassVar

    import requests
    from singer_sdk import Tap
    from singer_sdk.helpers.types import RequestFunc

    from tap_intercom_export.schemas.columns import Column
    from tap_intercom_export.streams.context import SyncContext

ENTRIES_PER_PAGE = 150
"""The most that is documented (custom objects), or that clients use (AI content)."""


class Pages(PageNumberPaginator):
    """Counts pages from 1 to `total_pages`."""

    def __init__(self) -> None:
        super().__init__(1)

    @override
    def has_more(self, response: requests.Response) -> bool:
        return int(self.current_value) < _total_pages(response)


def _total_pages(response: requests.Response) -> int:
    return int((response.json().get("pages") or {}).get("total_pages") or 0)


class ListStream(FullTableStream, RESTStream[int]):
    """A list that is read whole in every run; what is gone from it goes with ACTIVATE_VERSION.

    Args:
        tap: The tap.
        sync: What the streams of a run share.
    """

    COLUMNS: ClassVar[tuple[Column, ...]]
    KEY: ClassVar[tuple[str, ...]] = ("id",)
    records_jsonpath = "$.data[*]"

    def __init__(self, tap: Tap, sync: SyncContext) -> None:
        super().__init__(tap=tap, schema=json_schema(self.COLUMNS, self.KEY))
        self._sync = sync
        self.primary_keys = self.KEY
        self.state_partitioning_keys = ()  # nothing of a list is kept from run to run

    @property
    @override
    def url_base(self) -> str:
        return self._sync.settings.api_url

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Yield the entries; on a dry run, which has no catalog, only what is selected anyway."""
        if self.ABORT_AT_RECORD_COUNT is not None and not self.selected_by_default:
            return
        count = 0
        for count, record in enumerate(super().get_records(context), 1):  # noqa: B007 - told below
            yield record
        self.logger.info("Read %s entries of '%s'", f"{count:,}", self.name)

    @override
    def get_new_paginator(self) -> Pages:
        return Pages()

    @override
    def get_url_params(
        self, context: Mapping[str, Any] | None, next_page_token: int | None
    ) -> dict[str, Any]:
        return {"page": next_page_token, "per_page": ENTRIES_PER_PAGE}

    @override
    def request_decorator(self, func: RequestFunc) -> RequestFunc:
        """Send requests with the tap's own client: its host, headers, retries and errors."""
        client = self._sync.new_client(self._sync.new_clock())
        ask: Callable[..., requests.Response] = lambda request, _: client.get_page(  # noqa: E731
            request.path_url
        )
        return ask

    @override
    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        """Return the entries of a page; remember a list that ends before it should."""
        entries = list(super().parse_response(response))
        page = int(parse_qs(urlsplit(response.url).query)["page"][0])
        if not entries and page <= _total_pages(response):
            self.is_whole = False
            self.logger.warning(
                "'%s' ended at page %d of %d, which is empty: what is gone from it stays until the "
                "next run",
                self.name,
                page,
                _total_pages(response),
            )
        return entries

    @override
    def post_process(
        self, row: dict[str, Any], context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the record of an entry, each property as its kind."""
        return {column.name: _value(column.kind, row.get(column.name)) for column in self.COLUMNS}


def _value(kind: Kind, value: Any) -> Any:
    """Return a JSON value as a property's kind: ids as texts, unix seconds as date-times."""
    if value is None:
        return None
    if kind is Kind.TIME:
        return to_text(int(value)) if value else None
    if kind is Kind.ID:
        return str(value)
    if kind is Kind.IDS:
        return [str(entry) for entry in value]
    return value
