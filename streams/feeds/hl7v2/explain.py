"""
How one message was read: which field became what, and why a segment was not used.

The message is read as always, by segments that remember which of their fields were asked for. No value of a field
is shown that does not stand in an event.
"""

from collections.abc import Iterator

from streams.feeds.contract_events import validated
from streams.feeds.conversion import Conversion
from streams.feeds.explanation import Explanation
from streams.feeds.hl7v2.field_meanings import FIELDS, why_unused
from streams.feeds.hl7v2.kinds import convert_message, kind_of
from streams.feeds.hl7v2.segments import Message, Segment, read_message
from streams.feeds.site_mapping import SiteMapping
from streams.wire.rejects import Reject


class _Watched(Segment):
    """A segment that remembers which of its fields were asked for and held anything."""

    __slots__ = ("asked",)

    asked: set[int]

    @classmethod
    def of(cls, segment: Segment) -> "_Watched":
        """Return the same segment, watched."""
        watched = cls.__new__(cls)
        for slot in Segment.__slots__:
            setattr(watched, slot, getattr(segment, slot))
        watched.asked = set()
        return watched

    def raw(self, field: int) -> str:
        """Return a field as sent, and remember that it was asked for."""
        value = super().raw(field)
        if value:
            self.asked.add(field)
        return value

    def text(self, field: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
        """Return one text, and remember that its field was asked for."""
        self.raw(field)
        return super().text(field, component, subcomponent, repetition)


def explain(raw: bytes, site: SiteMapping, patient_secret: bytes | None = None) -> Explanation:
    """Return how a message is read; never raises for what is in it."""
    message = read_message(raw, site.default_charset)
    if isinstance(message, Reject):
        return Explanation("unreadable", (), (), Conversion(rejects=(message,)))
    watched = [_Watched.of(segment) for segment in message.segments]
    own = site.of_sender(message.header.text(3), message.header.text(4)).model_copy(update={"senders": ()})
    own.words.forgetful = True
    conversion = validated(convert_message(Message(tuple(watched), message.notes), own, patient_secret))
    kind = kind_of(message) or "no kind"
    return Explanation(kind, tuple(_used(watched)), tuple(_left(watched, kind, conversion)), conversion)


def _place(segment: Segment, field: int, several: set[str]) -> str:
    mark = f"[segment {segment.position + 1}]" if segment.name in several else ""
    return f"{segment.name}-{field}{mark}"


def _several(segments: list[_Watched]) -> set[str]:
    names = [segment.name for segment in segments]
    return {name for name in names if names.count(name) > 1}


def _used(segments: list[_Watched]) -> Iterator[tuple[str, str]]:
    several = _several(segments)
    for segment in segments:
        for field in sorted(segment.asked):
            meaning = FIELDS.get(f"{segment.name}-{field}")
            if meaning is not None:
                yield _place(segment, field, several), meaning


def _left(segments: list[_Watched], kind: str, conversion: Conversion) -> Iterator[tuple[str, str]]:
    several = _several(segments)
    for segment in segments:
        mark = f" (segment {segment.position + 1})" if segment.name in several else ""
        if segment.is_header():
            continue
        if not segment.asked:
            why = why_unused(segment.name, kind, read_at_all=conversion.ignored is None)
            yield f"{segment.name}{mark}", why
            continue
        other = [
            str(field)
            for field in range(1, len(segment) + 1)
            if Segment.raw(segment, field) and field not in segment.asked
        ]
        if other:
            yield f"{segment.name}{mark}", f"not read of it: {', '.join(other)}"
