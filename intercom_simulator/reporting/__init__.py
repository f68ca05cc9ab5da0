"""The reporting data export: datasets, jobs, files and expected rows."""

from intercom_simulator.reporting.export import ReportingExport, ReportJob
from intercom_simulator.reporting.reporting import Reporting

__all__ = ["ReportJob", "Reporting", "ReportingExport"]
