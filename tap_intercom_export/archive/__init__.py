"""Downloaded archives: stored in a temporary file, verified completely, opened in any format.

In: the bytes of a download, in a `Spool`. Out: an `Archive` with its CSV files, or an error that
says whether another download can help.
"""

from __future__ import annotations

from tap_intercom_export.archive.archive import Archive, Member, open_archive
from tap_intercom_export.archive.formats import ArchiveLimits
from tap_intercom_export.archive.spool import Spool

__all__ = ["Archive", "ArchiveLimits", "Member", "Spool", "open_archive"]
