"""How the simulated Intercom speaks: a choice wherever its documentation leaves a doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TIME_FORMATS = {
    "iso": "%04d-%02d-%02dT%02d:%02d:%02d.000Z",
    "plain": "%04d-%02d-%02d %02d:%02d:%02d",
    "utc": "%04d-%02d-%02d %02d:%02d:%02d UTC",
}
"""Time formats made of the six numbers of a date-time; `strftime` is ten times slower."""

DAY = 86_400
"""Seconds in a day."""


Container = Literal["zip", "gzip", "tar.gz", "csv", "encoded"]
"""Forms of a download; `encoded` is gzip that `Content-Encoding` announces."""


@dataclass(frozen=True)
class Member:
    """A file put into every archive besides the statistics.

    Args:
        name: Its path; `{stamp}` stands for the dialect's stamp.
        body: Its bytes.
    """

    name: str
    body: bytes


@dataclass(frozen=True)
class Mutation:
    """Damage to the bytes of one file of an archive. What is set is done, in this order.

    Args:
        file: The statistic, such as `receipt`.
        line: The line concerned, counting from 0, the header; negative from the end. A cell with a
            line break makes a row of two lines.
        replace: What to put instead of the line, without its line end.
        insert: What to insert into the line, at its middle.
        cells: How many cells to leave of the line, cut at commas.
        delete: Whether to take the line out.
        append: What to add at the end of the file, as it stands.
        cut: How many bytes to take off the end of the file.
    """

    file: str
    line: int = 1
    replace: bytes | None = None
    insert: bytes | None = None
    cells: int | None = None
    delete: bool = False
    append: bytes = b""
    cut: int = 0

    def apply(self, content: bytes) -> bytes:
        """Damage a file.

        Args:
            content: The file as it should be.
        """
        lines = content.splitlines(keepends=True)
        if -len(lines) <= self.line < len(lines):
            lines[self.line] = self._line(lines[self.line])
        damaged = b"".join(lines) + self.append
        return damaged[: len(damaged) - self.cut]

    def _line(self, line: bytes) -> bytes:
        text = line.rstrip(b"\r\n")
        end = line[len(text) :]
        if self.replace is not None:
            text = self.replace
        if self.insert is not None:
            middle = len(text) // 2
            text = text[:middle] + self.insert + text[middle:]
        if self.cells is not None:
            text = b",".join(text.split(b",")[: self.cells])
        return b"" if self.delete else text + end


@dataclass(frozen=True)
class Dialect:
    """A way of answering. The defaults are what production clients see.

    Args:
        container: The form of a download. `gzip` and `csv` hold `receipt` only, as the oldest API
            did.
        gzip_name: Whether the gzip header names the file.
        wrapped: How many layers of gzip are around the container.
        stamp: What follows the statistic in a file name, as a `strftime` pattern of the job's
            creation.
        plural_receipts: Whether the file of `receipt` is called `receipts`.
        folder: A folder in front of the file names, with its slash.
        upper_names: Whether the file names are in capitals.
        members: Files besides the statistics.
        parts: Over how many files each statistic is split; numbered when more than one.
        leave_out: Statistics that never come.
        empty_files: Whether a statistic without rows comes as a file with nothing but its header.
        time_format: `iso`, `plain`, `utc`, `seconds` or `milliseconds`.
        line_end: The line end of the CSV files.
        bom: Whether the CSV files start with a byte order mark.
        renamed: Columns with another name, as (file, column, name).
        dropped: Columns that are missing, as (file, column).
        added: Columns unknown so far, as (file, column, the value in every row); they come last.
        shuffled_columns: Whether the columns are in another order.
        shuffled_rows: Whether the rows are in another order than that of time.
        mutations: Damage to the files.
        overview_of_all_time: Whether the counters of `overview` count all time, as in Intercom's
            own statistics, and not the range alone.
        events_by: Whether a range selects events by their own time alone, or by their message's
            too.
        identifier_key: How the job's identifier is spelled.
        done_word: The status of a job that is done.
        failed_status: The HTTP status that tells of a failed job.
        download_url: What a job says about where its archive is: at an absolute or relative
            address, nothing, at a storage host which refuses a bearer token, or at the host of
            another region, which answers 404 (as seen in a workspace in Europe).
        redirect: The HTTP status with which the download redirects to the storage host; None if it
            does not.
        expires_as: The form of `download_expires_at`: unix seconds as text or number, ISO, or
            empty.
        expires_after: For how many seconds after its end a job can be downloaded.
        content_encoding: The header `Content-Encoding` of a download; None for no such header.
        chunked: Whether downloads come in chunks, without their length.
        ranges: Whether a download can be continued with `Range`; it has an `ETag` then.
        longest_range: The longest range of a job, in seconds.
        reporting_container: The form of a report's download.
        reporting_done_word: The status of a report that is done.
        reporting_qualified_headers: Whether the columns of a report are headed by qualified ids.
        reporting_qualified_only: Whether plain ids of attributes are refused.
        refused_attributes: Attributes that are listed, but refused when asked for, by the id that
            was sent.
        reporting_retention: For how many seconds there is data to report about.
        reporting_longest_range: The longest range of a report, in seconds; None for any.
        reporting_most_attributes: How many attributes a report may have; None for any number.
        reporting_last_parts_only: Whether `consolidated_conversation_part` has one row for each
            conversation, its last action, as one client has seen since about July 2026.
    """

    container: Literal["zip", "gzip", "tar.gz", "csv"] = "zip"
    gzip_name: bool = False
    wrapped: int = 0
    stamp: str = "_%Y%m%d-%H%M%S"
    plural_receipts: bool = False
    folder: str = ""
    upper_names: bool = False
    members: tuple[Member, ...] = ()
    parts: int = 1
    leave_out: tuple[str, ...] = ()
    empty_files: bool = False
    time_format: Literal["iso", "plain", "utc", "seconds", "milliseconds"] = "iso"
    line_end: Literal["\n", "\r\n"] = "\n"
    bom: bool = False
    renamed: tuple[tuple[str, str, str], ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()
    added: tuple[tuple[str, str, str], ...] = ()
    shuffled_columns: bool = False
    shuffled_rows: bool = False
    mutations: tuple[Mutation, ...] = ()
    overview_of_all_time: bool = False
    events_by: Literal["event", "receipt"] = "event"
    identifier_key: str = "job_identifier"
    done_word: str = "completed"
    failed_status: int = 504
    download_url: Literal["absolute", "relative", "empty", "storage", "other_region"] = "absolute"
    redirect: int | None = None
    expires_as: Literal["text", "number", "iso", "empty"] = "text"
    expires_after: int = 2 * DAY
    content_encoding: str | None = None
    chunked: bool = False
    ranges: bool = True
    longest_range: int = 90 * DAY
    reporting_container: Container = "gzip"
    reporting_done_word: str = "complete"
    reporting_qualified_headers: bool = False
    reporting_qualified_only: bool = False
    refused_attributes: tuple[str, ...] = ()
    reporting_retention: int = 730 * DAY
    reporting_longest_range: int | None = None
    reporting_most_attributes: int | None = None
    reporting_last_parts_only: bool = False


_MAC = Member("__MACOSX/._receipt{stamp}.csv", b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X")
_README = Member("readme.txt", b"Your export, as requested.\n")
_UNKNOWN = Member(
    "hologram_view{stamp}.csv",
    b"receipt_id,projected_at,colour\n"
    b"961758128,2026-01-05T10:00:00.000Z,teal\n"
    b'961758135,2026-01-06T11:30:00.000Z,"blue, dark"\n',
)

DIALECTS = {
    "production": Dialect(),
    # Intercom's reference up to 2.16 and its pages for 2.5 and 2.6
    "documented_2_6": Dialect(
        container="tar.gz",
        stamp="_%Y%m%d_%H%M%S",
        plural_receipts=True,
        time_format="seconds",
        renamed=(("receipt", "first_dismissal", "first_dismisall"),),
        dropped=(("receipt", "first_fin_step_reached"),),
        identifier_key="job_identfier",
        done_word="complete",
    ),
    "documented_2_17": Dialect(content_encoding="zip", expires_after=7 * DAY),
    "dated_by_day": Dialect(stamp="_%Y%m%d"),
    "year_2024": Dialect(dropped=(("receipt", "first_fin_step_reached"),)),
    "spreadsheet": Dialect(line_end="\r\n", bom=True, time_format="utc"),
    "messy_archive": Dialect(
        folder="export/", upper_names=True, members=(_MAC, _README), parts=3, empty_files=True
    ),
    "tomorrow": Dialect(
        members=(_UNKNOWN,),
        added=(("receipt", "first_hologram_view", ""), ("open", "client", "Mail, v2")),
        shuffled_columns=True,
        shuffled_rows=True,
        expires_as="iso",
    ),
    "gzip": Dialect(container="gzip"),
    "gzip_named": Dialect(container="gzip", gzip_name=True),
    "gzip_around_zip": Dialect(wrapped=1),
    "csv": Dialect(container="csv"),
    "failed_with_200": Dialect(failed_status=200),
    "no_link": Dialect(download_url="empty", expires_as="empty"),
    "relative_link": Dialect(download_url="relative", expires_as="number"),
    "storage_link": Dialect(download_url="storage"),
    "other_region_link": Dialect(download_url="other_region"),
    "overview_of_all_time": Dialect(overview_of_all_time=True),
    "storage_redirect": Dialect(redirect=302),
    "chunked": Dialect(chunked=True, ranges=False),
    # the changelog of 2.14 says ".tgz"; clients that undo nothing meet gzip, others plain text
    "reporting_tgz": Dialect(reporting_container="tar.gz"),
    "reporting_zip": Dialect(reporting_container="zip", reporting_done_word="completed"),
    "reporting_csv": Dialect(reporting_container="csv"),
    "reporting_encoded": Dialect(reporting_container="encoded"),
    "reporting_last_parts_only": Dialect(reporting_last_parts_only=True),
    "reporting_qualified": Dialect(reporting_qualified_only=True, reporting_qualified_headers=True),
}
"""Dialects worth a name."""
