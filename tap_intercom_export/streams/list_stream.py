"""Base class of lists, which Intercom returns page by page: a full-table RESTStream of the SDK.

Pages are requested by number, because the URL in `pages.next` may name another host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from singer_sdk import RESTStream
from singer_sdk.pagination import PageNumberPaginator
from typing_extensions import override

from tap_intercom_export.clock import to_text
from tap_intercom_export.errors import MalformedListError, NotFoundError, UnreadableDataError
from tap_intercom_export.formatting import counted
from tap_intercom_export.schemas import json_schema
from tap_intercom_export.streams.list_completeness import ListPass, changed_meanwhile
from tap_intercom_export.streams.rejections import ListRejections, entry_as_json
from tap_intercom_export.streams.sdk import FullTableStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import ClassVar

    import requests
    from singer_sdk import Tap
    from singer_sdk.helpers.types import RequestFunc

    from tap_intercom_export.rows import EntryReader
    from tap_intercom_export.schemas import Column
    from tap_intercom_export.streams.context import SyncContext
    from tap_intercom_export.streams.rejections import RejectedRowWriter

ENTRIES_PER_PAGE = 150
"""The documented maximum for custom objects, and what clients use for AI content."""

MAX_PASSES = 2
"""Maximum passes: a list that was incomplete or changed while it was read is read once more."""


class ListPaginator(PageNumberPaginator):
    """Counts pages from 1 while the pass needs more.

    Args:
        list_pass: The pass over the list.
    """

    def __init__(self, list_pass: ListPass) -> None:
        super().__init__(1)
        self._pass = list_pass

    @override
    def has_more(self, response: requests.Response) -> bool:
        return self._pass.has_more


class ListStream(FullTableStream, RESTStream[int]):
    """A list that is read completely in every run. ACTIVATE_VERSION removes deleted entries.

    Args:
        tap: The tap.
        sync: Objects that all streams of a run share.
        rejected: Writes the entries that cannot be read.
    """

    COLUMNS: ClassVar[tuple[Column, ...]]
    KEY: ClassVar[tuple[str, ...]] = ("id",)

    def __init__(self, tap: Tap, sync: SyncContext, rejected: RejectedRowWriter) -> None:
        columns, key = sync.columns_with_workspace(self.COLUMNS), sync.key_with_workspace(self.KEY)
        super().__init__(tap=tap, schema=json_schema(columns, key))
        self._sync = sync
        self.primary_keys = key
        self.state_partitioning_keys = ()  # nothing of a list is kept from run to run
        self._rejected = rejected
        self._pass = ListPass()

    @property
    @override
    def url_base(self) -> str:
        return self._sync.settings.api_url

    def list_name(self, _: Mapping[str, Any] | None, /) -> str:
        """Return the name of a list for log and rejected rows; a stream may read several lists."""
        return self.name

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Yield the records of a list; in a dry run, which has no catalog, only of default streams.

        A list that was incomplete, or changed while it was read, is read once more: its records are
        written again, and the target overwrites them by key.

        Raises:
            UnreadableDataError: The list was incomplete or malformed each time.
        """
        if self.ABORT_AT_RECORD_COUNT is not None and not self.selected_by_default:
            return
        from tap_intercom_export.rows import EntryReader  # noqa: PLC0415 - not for --discover

        name = self.list_name(context)
        read_at = to_text(self._sync.new_clock().now())
        rejects = ListRejections(
            self._rejected,
            name,
            read_at,
            self.logger,
            hides_cells=self.column_selection.hides_cells,
        )
        passes: list[ListPass] = []
        for _ in range(MAX_PASSES):
            passes.append(ListPass())
            reader = EntryReader(self.COLUMNS, self.KEY)
            problem = ""
            rejects.count = 0
            try:
                yield from self._records(context, passes[-1], reader, rejects)
            except MalformedListError as error:
                problem = f"a response {error}"
            except NotFoundError as error:
                if not passes[-1].pages:
                    raise
                problem = f"there is no page {passes[-1].pages + 1} ({error})"
            problem = problem or passes[-1].shortfall()
            if not problem:
                break
            self.logger.info("'%s' is incomplete: %s", name, problem)
        else:
            self._skip_activate_version(name, problem, changed=changed_meanwhile(passes))
        self._log_length(name, passes[-1], reader)
        rejects.finish()
        if rejects.count:
            self.is_complete = False

    def _records(
        self,
        context: Mapping[str, Any] | None,
        list_pass: ListPass,
        reader: EntryReader,
        rejects: ListRejections,
    ) -> Iterator[dict[str, Any]]:
        """Yield the records of one pass; reject the entries that cannot be read."""
        self._pass = list_pass
        for position, entry in enumerate(super().get_records(context), 1):
            try:
                record = reader.record(self.with_context(entry, context))
            except ValueError as error:  # noqa: PERF203 - one odd entry is not the end
                list_pass.reject(hash(entry_as_json(entry)))
                rejects.add(position, entry, error)
            else:
                list_pass.add(tuple(record[name] for name in self.KEY))
                yield self._sync.with_workspace(record)

    def with_context(self, entry: Any, _: Mapping[str, Any] | None, /) -> Any:
        """Return an entry with the properties that only the request has, such as the type.

        Args:
            entry: The entry as received.
        """
        return entry

    def _skip_activate_version(self, name: str, problem: str, *, changed: bool) -> None:
        """Skip ACTIVATE_VERSION for an incomplete list, so that missing entries stay in the target.

        Raises:
            UnreadableDataError: The list did not change while it was read; Intercom left entries
                out.
        """
        self.is_complete = False
        kept = (
            f"Missing entries are kept in the target, as they may still exist at Intercom. The "
            f"list was read {MAX_PASSES} times"
        )
        if not changed:
            raise UnreadableDataError(f"The list '{name}' is incomplete: {problem}. {kept}.")
        self.logger.warning(
            "The list '%s' changed while it was read (%s). %s; the next run reads it again",
            name,
            problem,
            kept,
        )

    def _log_length(self, name: str, list_pass: ListPass, reader: EntryReader) -> None:
        """Log the length of a list, what was replaced in it, and what is not written of it."""
        self.logger.info("Read %s of '%s'", counted(list_pass.count, "entry"), name)
        is_excluded = self.column_selection.excluded.matches
        if unknown := sorted(each for each in reader.unknown if not is_excluded(each)):
            self.logger.warning(
                "Entries of '%s' have properties that this version of the tap does not know and "
                "does not write: %s",
                name,
                ", ".join(unknown),
            )
        if reader.replaced:
            self.logger.warning(
                "Replaced %s that databases cannot hold (NUL, half surrogate pairs) by "
                "U+FFFD in %s of '%s'",
                counted(reader.replaced, "character"),
                counted(reader.entries_with_replacements, "entry"),
                name,
            )

    @override
    def get_new_paginator(self) -> ListPaginator:
        return ListPaginator(self._pass)

    @override
    def get_url_params(
        self, context: Mapping[str, Any] | None, next_page_token: int | None
    ) -> dict[str, Any]:
        return {"page": next_page_token, "per_page": ENTRIES_PER_PAGE}

    @override
    def request_decorator(self, func: RequestFunc) -> RequestFunc:
        """Send requests with the tap's own client: its host, headers, retries and errors."""
        client = self._sync.new_client(self._sync.new_clock())
        send: Callable[..., requests.Response] = lambda request, _: client.get_page(  # noqa: E731
            request.path_url
        )
        return send

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Any]:
        """Return the entries of a page, and register the length of the list that it reports.

        Raises:
            MalformedListError: The response is not a page of a list.
        """
        from tap_intercom_export.intercom import ListPage, parse_json  # noqa: PLC0415 - not for --discover

        number = int(parse_qs(urlsplit(response.url).query)["page"][0])
        page = ListPage.from_body(parse_json(response.content), number)
        self._pass.begin_page(page)
        return page.entries
