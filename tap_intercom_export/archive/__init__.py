"""Downloaded archives: temporary on disk, verified whole, opened whatever the container.

In: the bytes of a download, in a spool. Out: an `Archive` with its CSV files, or an error that
says whether downloading again can help.
"""

from __future__ import annotations

from tap_intercom_export.archive.archive import Archive, Member, open_archive
from tap_intercom_export.archive.formats import Limits
from tap_intercom_export.archive.spool import Spool

__all__ = ["Archive", "Limits", "Member", "Spool", "open_archive"]
