"""The paginated lists: AI content and custom object instances."""

from intercom_simulator.lists.ai_content import AiContent
from intercom_simulator.lists.custom_objects import CustomObjects

__all__ = ["AiContent", "CustomObjects"]
