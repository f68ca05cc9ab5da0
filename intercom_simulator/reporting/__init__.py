"""Intercom's reporting data export: datasets, jobs, files, and the truth behind them."""

from intercom_simulator.reporting.export import ReportingExport, ReportJob
from intercom_simulator.reporting.reporting import Reporting

__all__ = ["ReportJob", "Reporting", "ReportingExport"]
