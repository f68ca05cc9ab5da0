"""Recognizes the CSV files in the archive of a message export, by name or else by columns."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeAlias

from tap_intercom_export.schemas import (
    UNKNOWN_FILE,
    FileSchema,
    normalized_name,
    schema_by_file_name,
    schema_by_header,
)

if TYPE_CHECKING:
    from tap_intercom_export.archive import Archive, Member

logger = logging.getLogger(__name__)

RecognizedFiles: TypeAlias = "list[tuple[Member, FileSchema]]"
"""The files of an archive, each with its schema."""


def recognize_files(archive: Archive | None) -> RecognizedFiles:
    """Recognize each member of an archive, by its name or else by its columns.

    Beside a file with the name of a statistic, another one counts as its part only with the same
    columns: a new statistic with a few columns of it would overwrite its rows.

    Args:
        archive: The archive; None for a window without data.
    """
    files: dict[int, FileSchema] = {}
    unnamed: list[Member] = []
    for member in archive.members if archive else ():
        file = schema_by_file_name(member.path)
        if file is None or file is UNKNOWN_FILE:
            unnamed.append(member)
        else:
            files[member.index] = file
    if archive and unnamed:
        headers: dict[str, list[set[str]]] = {}
        for member in archive.members:
            if member.index in files:
                names = {normalized_name(name) for name in _header(archive, member)}
                headers.setdefault(files[member.index].name, []).append(names)
        for member in unnamed:
            header = _header(archive, member)
            is_named = schema_by_file_name(member.path) is UNKNOWN_FILE and len(archive.members) > 1
            file = schema_by_header(header, is_named=is_named)
            others = headers.get(file.name)
            if others and {normalized_name(name) for name in header} not in others:
                file = UNKNOWN_FILE
            if file is not UNKNOWN_FILE:
                logger.info("Reading '%.200s' as %s, by its columns", member.path, file.name)
            files[member.index] = file
    return [(member, files[member.index]) for member in (archive.members if archive else ())]


def _header(archive: Archive, member: Member) -> list[str]:
    """Return the names of a file's columns."""
    from tap_intercom_export.rows import CsvReader  # noqa: PLC0415 - not for --discover

    with archive.open(member) as source:
        return CsvReader(source, lambda _: None).header()
