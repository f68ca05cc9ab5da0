"""Intercom's reporting data export: datasets, jobs, files, and the truth behind them."""

from tap_intercom_export.simulator.reporting.export import ReportingExport, ReportJob
from tap_intercom_export.simulator.reporting.reporting import Reporting

__all__ = ["ReportJob", "Reporting", "ReportingExport"]
