"""Generates the content that a simulated workspace sends: emails, chats, surveys, series."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from intercom_simulator.clock import DAY_SECONDS
from intercom_simulator.ids import ABOVE_DOUBLE_PRECISION

if TYPE_CHECKING:
    from random import Random


class Question(NamedTuple):
    """A survey question. Its text is a column header of `answer_combined`; texts may repeat."""

    question_id: str
    text: str
    response_type: str


class Series(NamedTuple):
    """A series of messages. `last_ruleset_id` is the block that completes the series."""

    series_id: str
    title: str
    last_ruleset_id: str


class Content(NamedTuple):
    """One piece of content. Variants of an A/B test share the `ruleset_id`.

    `created_at` and `edited_at` are in unix seconds; `created_at` is the earlier one.
    """

    ruleset_id: str
    content_id: str
    content_type: str
    title: str | None
    created_via: str
    ruleset_version_id: str
    series: Series | None
    node_id: str | None
    questions: tuple[Question, ...]
    devices: tuple[str | None, ...]
    created_at: int
    edited_at: int


class _ContentTemplate(NamedTuple):
    content_type: str
    title: str | None
    series: int | None = None
    variants: int = 1
    questions: tuple[tuple[str, str], ...] = ()


_SERIES = (("Onboarding", 0), ('Win-back, "spring" 🌷', 1))

# PostgreSQL limits column names to 63 bytes; one question is longer.
_NPS = (
    ("How likely are you to recommend us, on a scale of 0 to 10?", "scale"),
    ('What is the "main" reason for your score,\nin your own words?', "text"),
    ("Why?", "text"),
)
_PRODUCT = (
    (
        "Which of the following best describes the way in which your team uses the product today?",
        "multiple_choice",
    ),
    ("Why?", "text"),
    ("Qu’est-ce qu’on pourrait améliorer ? 🤔", "text"),  # noqa: RUF001  - typographic, like real text
    ("Why?", "text"),
)

_TEMPLATES = (
    _ContentTemplate("Email", "Welcome aboard", series=0, variants=2),
    _ContentTemplate("Email", 'Tips, tricks and "hidden" features', series=0),
    _ContentTemplate("Email", "September news 🎉", variants=3),
    _ContentTemplate("Email", "We miss you", series=1),
    _ContentTemplate("Chat", "Hi there 👋"),
    _ContentTemplate("Chat", None),
    _ContentTemplate("Chat", "Need a hand,\nor two?", series=1),
    _ContentTemplate("Post", "What’s new – été"),  # noqa: RUF001  - typographic, like real text
    _ContentTemplate("Post", "Release 2.0", series=0),
    _ContentTemplate("Banner", "Maintenance on Sunday, 03:00"),
    _ContentTemplate("Banner", "=Discount"),
    _ContentTemplate("Carousel", "Mobile tour"),
    _ContentTemplate("Survey", "NPS", questions=_NPS),
    _ContentTemplate("Survey", "Product, and more", questions=_PRODUCT),
    _ContentTemplate("Push", "Your export is ready"),
    _ContentTemplate("SMS", "Reply YES to confirm"),
    _ContentTemplate("WhatsApp", "Order update"),
    _ContentTemplate("Checklist", "Getting started"),
    _ContentTemplate("Tour", "Dashboard tour"),
    _ContentTemplate("Webhook", "Notify CRM", series=1),
    _ContentTemplate("Workflow", "Fin: refund request"),
)

_DEVICES: dict[str, tuple[str | None, ...]] = {
    "Email": (None,),
    "SMS": (None,),
    "WhatsApp": (None,),
    "Webhook": (None,),
    "Push": ("ios", "android"),
    "Carousel": ("ios", "android"),
}
_ANY_DEVICE = ("web", "web", "ios", "android")
_VIA = ("shown_automatically", "sent_automatically", "sent_manually", "api")
_HUGE_ID_EVERY = 7


def generate_content(rng: Random, before: int) -> list[Content]:
    """Generate the workspace's content.

    Args:
        rng: The random number generator.
        before: Unix seconds; all content was created earlier.
    """
    rulesets = [
        str(ABOVE_DOUBLE_PRECISION + 2 * number)
        if number % _HUGE_ID_EVERY == 0
        else str(31_000_000 + number)
        for number in (rng.randrange(1_000) + 1_000 * index for index in range(len(_TEMPLATES)))
    ]
    series = [
        Series(
            str(4_000 + index),
            title,
            max(r for p, r in zip(_TEMPLATES, rulesets, strict=True) if p.series == index),
        )
        for title, index in _SERIES
    ]
    contents: list[Content] = []
    for number, (template, ruleset_id) in enumerate(zip(_TEMPLATES, rulesets, strict=True)):
        created_at = before - rng.randrange(DAY_SECONDS, 300 * DAY_SECONDS)
        contents.extend(
            Content(
                ruleset_id=ruleset_id,
                content_id=str(52_000_000 + 10 * number + variant),
                content_type=template.content_type,
                title=template.title,
                created_via=_VIA[number % len(_VIA)],
                ruleset_version_id=str(83_000_000 + number),
                series=None if template.series is None else series[template.series],
                node_id=None if template.series is None else str(700 + number),
                questions=tuple(
                    Question(f"{number}{position:03d}", text, response_type)
                    for position, (text, response_type) in enumerate(template.questions)
                ),
                devices=_DEVICES.get(template.content_type, _ANY_DEVICE),
                created_at=created_at,
                edited_at=created_at + rng.randrange(DAY_SECONDS),
            )
            for variant in range(template.variants)
        )
    return contents
