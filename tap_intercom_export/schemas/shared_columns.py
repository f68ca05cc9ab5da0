"""Columns that several CSV files of a message export have in common."""

from __future__ import annotations

from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import Column

RECEIPT_ID = Column("receipt_id", Kind.ID, "The delivery of one message to one person.")
"""The receipt that a row belongs to."""

USER = (
    Column("user_id", Kind.ID, "Intercom's id of the contact."),
    Column("user_external_id", Kind.ID, "Your own id of the user; null for leads."),
)
"""Ids of the person."""

COMPANY = (
    Column("company_id", Kind.OPTIONAL_ID, "Intercom's id of the company; null for none."),
    Column("company_external_id", Kind.ID, "Your own id of the company."),
)
"""Ids of the person's company."""

PERSON = (
    Column("email", Kind.TEXT, "The person's e-mail address."),
    Column("name", Kind.TEXT, "The person's name."),
)
"""Address and name of the person."""
