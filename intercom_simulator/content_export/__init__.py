"""The content data export (the message export): generated history, jobs and archives."""

from intercom_simulator.content_export.export import ContentExport

__all__ = ["ContentExport"]
