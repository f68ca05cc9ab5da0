"""The lists Intercom gives page by page: AI content and instances of custom objects."""

from intercom_simulator.lists.ai_content import AiContent
from intercom_simulator.lists.custom_objects import CustomObjects

__all__ = ["AiContent", "CustomObjects"]
