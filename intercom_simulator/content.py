"""What a simulated workspace sends: emails, chats, surveys and so on, and their series."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from random import Random


class Question(NamedTuple):
    """A survey's question. Its text heads a column of `answer_combined`, maybe another's too."""

    question_id: str
    text: str
    response_type: str


class Series(NamedTuple):
    """A series of messages. `last_ruleset_id` is the block at which a person completes it."""

    series_id: str
    title: str
    last_ruleset_id: str


class Content(NamedTuple):
    """One piece of content. Variants of an A/B test share the `ruleset_id`.

    `created_at` and `edited_at` are unix seconds, `created_at` is the earlier.
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


class _Piece(NamedTuple):
    content_type: str
    title: str | None
    series: int | None = None
    variants: int = 1
    questions: tuple[tuple[str, str], ...] = ()


_SERIES = (("Onboarding", 0), ('Win-back, "spring" 🌷', 1))

# 63 bytes is the longest column name PostgreSQL takes; one question is longer.
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
    ("Qu’est-ce qu’on pourrait améliorer ? 🤔", "text"),  # noqa: RUF001  - as people type
    ("Why?", "text"),
)

_PIECES = (
    _Piece("Email", "Welcome aboard", series=0, variants=2),
    _Piece("Email", 'Tips, tricks and "hidden" features', series=0),
    _Piece("Email", "September news 🎉", variants=3),
    _Piece("Email", "We miss you", series=1),
    _Piece("Chat", "Hi there 👋"),
    _Piece("Chat", None),
    _Piece("Chat", "Need a hand,\nor two?", series=1),
    _Piece("Post", "What’s new – été"),  # noqa: RUF001  - as people type
    _Piece("Post", "Release 2.0", series=0),
    _Piece("Banner", "Maintenance on Sunday, 03:00"),
    _Piece("Banner", "=Discount"),
    _Piece("Carousel", "Mobile tour"),
    _Piece("Survey", "NPS", questions=_NPS),
    _Piece("Survey", "Product, and more", questions=_PRODUCT),
    _Piece("Push", "Your export is ready"),
    _Piece("SMS", "Reply YES to confirm"),
    _Piece("WhatsApp", "Order update"),
    _Piece("Checklist", "Getting started"),
    _Piece("Tour", "Dashboard tour"),
    _Piece("Webhook", "Notify CRM", series=1),
    _Piece("Workflow", "Fin: refund request"),
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
_BEYOND_DOUBLE = 2**53 + 1
_HUGE_EVERY = 7
_DAY = 86_400


def make_content(rng: Random, before: int) -> list[Content]:
    """Make up the workspace's content.

    Args:
        rng: The source of chance.
        before: Unix seconds; all of it was created earlier.
    """
    rulesets = [
        str(_BEYOND_DOUBLE + 2 * number) if number % _HUGE_EVERY == 0 else str(31_000_000 + number)
        for number in (rng.randrange(1_000) + 1_000 * index for index in range(len(_PIECES)))
    ]
    series = [
        Series(
            str(4_000 + index),
            title,
            max(r for p, r in zip(_PIECES, rulesets, strict=True) if p.series == index),
        )
        for title, index in _SERIES
    ]
    contents: list[Content] = []
    for number, (piece, ruleset_id) in enumerate(zip(_PIECES, rulesets, strict=True)):
        created_at = before - rng.randrange(_DAY, 300 * _DAY)
        contents.extend(
            Content(
                ruleset_id=ruleset_id,
                content_id=str(52_000_000 + 10 * number + variant),
                content_type=piece.content_type,
                title=piece.title,
                created_via=_VIA[number % len(_VIA)],
                ruleset_version_id=str(83_000_000 + number),
                series=None if piece.series is None else series[piece.series],
                node_id=None if piece.series is None else str(700 + number),
                questions=tuple(
                    Question(f"{number}{position:03d}", text, response_type)
                    for position, (text, response_type) in enumerate(piece.questions)
                ),
                devices=_DEVICES.get(piece.content_type, _ANY_DEVICE),
                created_at=created_at,
                edited_at=created_at + rng.randrange(_DAY),
            )
            for variant in range(piece.variants)
        )
    return contents
