"""The lists Intercom gives page by page: AI content and instances of custom objects."""

from tap_intercom_export.simulator.lists.ai_content import AiContent
from tap_intercom_export.simulator.lists.custom_objects import CustomObjects

__all__ = ["AiContent", "CustomObjects"]
