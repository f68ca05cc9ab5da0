"""Encoding in a second process: no row is lost, duplicated or out of order.

Expected values come from the rows that the tests write, not from the tap's output.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tap_intercom_export.rows import csv_reader, encoder, encoding_process
from tap_intercom_export.rows.encoder import Encoder
from tap_intercom_export.rows.encoding_process import EncodingProcess
from tap_intercom_export.rows.parsers import PARSERS
from tap_intercom_export.rows.row_reader import RowReader
from tap_intercom_export.schemas import Kind
from tap_intercom_export.schemas.statistics import FILES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tap_intercom_export.rows.csv_reader import DamagedRow

ROWS = 4_000
HEADER = "receipt_id,clicked_at,link_type,url\n"
TIMEOUT_SECONDS = 20


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the process from the second block on, with blocks of about fifty rows."""
    monkeypatch.setattr(csv_reader, "CHUNK_BYTES", 2048)
    monkeypatch.setattr(encoder, "MIN_BLOCKS", 1)
    monkeypatch.setattr(encoding_process, "cpu_count", lambda: 2)


class AwaitedProcess(EncodingProcess):
    """An encoding process that counts its blocks, and for which the test waits."""

    sent = 0

    def is_ready(self) -> bool:
        end = time.monotonic() + TIMEOUT_SECONDS
        while not super().is_ready() and self._is_usable and time.monotonic() < end:
            time.sleep(0.001)
        return super().is_ready()

    def send(self, data: bytes) -> bool:
        self.sent += 1
        return super().send(data)


@pytest.fixture
def process() -> Iterator[AwaitedProcess]:
    helper = AwaitedProcess()
    yield helper
    helper.close()


def click(number: int, url: str = "") -> str:
    return f"{number},2026-04-13T12:32:22.000Z,content,{url or f'https://example.com/{number}'}\n"


def ids(lines: list[bytes]) -> list[str]:
    return [json.loads(line)["receipt_id"] for line in b"".join(lines).splitlines()]


def encoded(
    text: str | bytes, process: EncodingProcess, damaged: list[DamagedRow] | None = None
) -> tuple[list[bytes], RowReader]:
    data = text if isinstance(text, bytes) else text.encode()
    on_damaged = (damaged if damaged is not None else []).append
    reader = RowReader(io.BytesIO(data), FILES["click"], {}, on_damaged)
    return [lines.data for lines in Encoder(reader, process=process).lines()], reader


def test_every_row_is_written_once_and_in_order(process: AwaitedProcess) -> None:
    found, reader = encoded(HEADER + "".join(map(click, range(ROWS))), process)
    assert ids(found) == [str(number) for number in range(ROWS)]
    assert reader.records == ROWS
    assert process.sent > ROWS / 200  # half of the blocks, of fifty rows at most


def test_texts_equal_those_of_one_process(process: AwaitedProcess) -> None:
    urls = ("x", '"a, ""b"""', '"two\nlines"', "Größe", "🎉", "tab\there", "")
    text = HEADER + "".join(click(n, urls[n % len(urls)]) for n in range(ROWS))
    found, _ = encoded(text, process)
    records = [json.loads(line) for line in b"".join(found).splitlines()]
    plain = {'"a, ""b"""': 'a, "b"', '"two\nlines"': "two\nlines"}
    assert [r["url"] for r in records] == [
        plain.get(url, url) or f"https://example.com/{n}"
        for n, url in ((n, urls[n % len(urls)]) for n in range(ROWS))
    ]
    assert process.sent > ROWS / 200


@pytest.mark.parametrize("places", [[60], [110], [60, 110], [59, 60, 61], [ROWS - 1]])
def test_damaged_rows_are_rejected_with_line_numbers(
    process: AwaitedProcess, places: list[int]
) -> None:
    rows = [click(n) for n in range(ROWS)]
    for place in places:
        rows[place] = f"{place},yesterday,content,u\n"
    damaged: list[DamagedRow] = []
    found, _ = encoded(HEADER + "".join(rows), process, damaged)
    assert [row.line for row in damaged] == [place + 2 for place in places]
    assert ids(found) == [str(n) for n in range(ROWS) if n not in places]


def test_file_with_damaged_row_in_every_block_is_read_by_one_process(
    process: AwaitedProcess,
) -> None:
    rows = [click(n) if n % 10 else f"{n},yesterday,content,u\n" for n in range(ROWS)]
    damaged: list[DamagedRow] = []
    found, _ = encoded(HEADER + "".join(rows), process, damaged)
    assert len(damaged) == ROWS / 10
    assert ids(found) == [str(n) for n in range(ROWS) if n % 10]
    assert process.sent <= encoder.MAX_CAREFUL_PAIRS


@pytest.mark.parametrize(
    "odd",
    [
        b'1,2026-04-13T12:32:22.000Z,content,"not closed\n',
        b"1,2026-04-13T12:32:22.000Z,content,\xff\n",
        b"1,2026-04-13T12:32:22.000Z,content,nul\x00\n",
        b"\n",
        b"1,2026-04-13T12:32:22.000Z,content,crlf\r\n",
        b'1,2026-04-13T12:32:22.000Z,content,a "quoted" word\n',
    ],
)
def test_unusual_csv_affects_no_other_row(process: AwaitedProcess, odd: bytes) -> None:
    rows = [click(n).encode() for n in range(100, ROWS)]
    rows[500:500] = [odd]
    found, reader = encoded(HEADER.encode() + b"".join(rows), process)
    expected = [str(number) for number in range(100, ROWS)]
    assert [name for name in ids(found) if name != "1"] == expected
    assert reader.records == len(ids(found))


def test_quoted_line_end_at_block_boundary_belongs_to_its_row(process: AwaitedProcess) -> None:
    long = '"' + "line\n" * 300 + '"'  # 1,500 bytes: most blocks end in one
    found, _ = encoded(HEADER + "".join(click(n, long) for n in range(400)), process)
    assert ids(found) == [str(n) for n in range(400)]
    urls = {json.loads(line)["url"] for line in b"".join(found).splitlines()}
    assert urls == {"line\n" * 300}
    assert process.sent


@pytest.mark.parametrize("when", [0, 3])
def test_main_process_continues_if_encoding_process_is_killed(
    process: AwaitedProcess, when: int
) -> None:
    reader = RowReader(
        io.BytesIO((HEADER + "".join(map(click, range(ROWS)))).encode()),
        FILES["click"],
        {},
        lambda _: None,
    )
    found = []
    for lines in Encoder(reader, process=process).lines():
        found.append(lines.data)
        if process.sent > when and process._process:
            os.kill(process._process.pid, signal.SIGKILL)
    assert ids(found) == [str(number) for number in range(ROWS)]
    assert not process.is_ready()


def test_main_process_continues_if_encoding_process_cannot_start(
    process: AwaitedProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    found, _ = encoded(HEADER + "".join(map(click, range(ROWS))), process)
    assert ids(found) == [str(number) for number in range(ROWS)]
    assert not process.sent


def test_no_encoding_process_with_one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding_process, "cpu_count", lambda: 1)
    helper = AwaitedProcess()
    found, _ = encoded(HEADER + "".join(map(click, range(ROWS))), helper)
    assert ids(found) == [str(number) for number in range(ROWS)]
    assert not helper.sent


def test_unpicklable_parser_keeps_file_in_one_process(process: AwaitedProcess) -> None:
    parsers = {**PARSERS, Kind.TIME: lambda cell: f"read {cell}"}
    data = (HEADER + "".join(map(click, range(ROWS)))).encode()
    reader = RowReader(io.BytesIO(data), FILES["click"], {}, lambda _: None, parsers=parsers)
    found = [lines.data for lines in Encoder(reader, process=process).lines()]
    assert ids(found) == [str(number) for number in range(ROWS)]
    assert not process.sent


def test_encoding_process_is_used_for_several_files(process: AwaitedProcess) -> None:
    first, _ = encoded(HEADER + "".join(map(click, range(ROWS))), process)
    sent = process.sent
    header = "link_type,receipt_id,clicked_at,url\n"  # in another order
    rows = (f"button,{n},2026-04-13T12:32:22.000Z,u\n" for n in range(ROWS))
    second, _ = encoded(header + "".join(rows), process)
    assert ids(first) == ids(second) == [str(number) for number in range(ROWS)]
    assert process.sent > sent > 0


def test_encoding_process_ends_with_main_process() -> None:
    script = (
        "import subprocess, time\n"
        "from tap_intercom_export.rows import encoding_process as module\n"
        "module.cpu_count = lambda: 2\n"
        "start = subprocess.Popen\n"
        "module.subprocess.Popen = lambda *a, **b: start(*a, **{**b, 'stderr': None})\n"
        "helper = module.EncodingProcess()\n"
        "helper.send(b'x')\n"
        "assert helper.receive() is None\n"
        "print('started', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as main:
        assert main.stdout
        assert main.stderr
        assert main.stdout.readline() == b"started\n"
        main.kill()
        # stderr is open in both; its end comes when the last of them has ended
        assert main.stderr.read() == b""
