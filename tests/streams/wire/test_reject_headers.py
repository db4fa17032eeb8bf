"""The headers of a refused message: there and back, with nothing of its own lost."""

import pytest

from rules.version import RULEBOOK_VERSION
from streams.lifecycle import reject_reasons
from streams.wire.reject_headers import Origin, origin, original_headers_of, reject_headers
from streams.wire.reject_kinds import KINDS, kind_in, kind_of
from streams.wire.rejects import Reject

OWN = (("ce_id", b"1"), ("x", b"\xff"), ("x", b"twice"))
REJECT = Reject("occurred_at", "has no offset", "write RFC 3339")


def test_a_reject_says_why_and_where_and_keeps_what_it_had() -> None:
    """Its own headers first, in their order, a name given twice included."""
    assert reject_headers(OWN, REJECT.reason, "infusion.events.v1", 3, 42) == (
        *OWN,
        ("infusion-reject-reason", b"occurred_at: has no offset; write RFC 3339"),
        ("infusion-reject-topic", b"infusion.events.v1"),
        ("infusion-reject-partition", b"3"),
        ("infusion-reject-offset", b"42"),
        ("infusion-reject-rulebook", RULEBOOK_VERSION.encode()),
    )


def test_what_was_said_is_read_back() -> None:
    """The same words and numbers."""
    found = origin(reject_headers(OWN, "réason", "infusion.events.v1", 0, 7, "26.11.0"))
    assert found == Origin("réason", "infusion.events.v1", 0, 7, "26.11.0")


def test_the_message_gets_its_own_headers_back() -> None:
    """What we added goes, whatever it is."""
    assert original_headers_of(reject_headers(OWN, "why", "t", 0, 7)) == OWN


def test_a_second_refusal_replaces_the_first() -> None:
    """One reason in the headers: the newest."""
    twice = reject_headers(reject_headers(OWN, "first", "t", 0, 7), "second", "t", 0, 8)
    assert twice == reject_headers(OWN, "second", "t", 0, 8)


@pytest.mark.parametrize(
    "headers",
    [
        (),
        OWN,
        tuple(one for one in reject_headers((), "why", "t", 0, 7) if one[0] != "infusion-reject-topic"),
        (*reject_headers((), "why", "t", 0, 7), ("infusion-reject-offset", b"seven")),
    ],
    ids=["none", "others", "without its topic", "no number"],
)
def test_what_is_no_reject_of_ours_is_none(headers: tuple[tuple[str, bytes], ...]) -> None:
    """Somebody else may write to the topic."""
    assert origin(headers) is None


def test_a_reject_without_a_release_is_still_one() -> None:
    """The release is for people; nothing hangs on it."""
    headers = reject_headers((), "why", "t", 0, 7)[:-1]
    assert origin(headers) == Origin("why", "t", 0, 7, "")


@pytest.mark.parametrize(
    ("reject", "kind"),
    [
        (REJECT, "wrong_value"),
        (reject_reasons.EMPTY, "empty"),
        (reject_reasons.TOO_LONG, "too_long"),
        (reject_reasons.TOO_HEAVY, "stay_too_heavy"),
        (reject_reasons.FORGOTTEN, "stay_forgotten"),
        (reject_reasons.FAULT, "fault"),
        (Reject("dose.unit", "unknown field: it is none", "write one; or two"), "unknown_field"),
        (Reject("line", "not JSON", "send JSON"), "unreadable"),
    ],
)
def test_the_kind_of_a_reject_is_told_from_its_headers_alone(reject: Reject, kind: str) -> None:
    """Whoever reads the topic counts as the worker did that refused."""
    assert kind_of(reject) == kind
    assert kind_in(reject.reason) == kind


def test_words_of_somebody_else_are_some_kind_too() -> None:
    """Figures have no other."""
    for words in ("", "nothing of ours", ": ", "line"):
        assert kind_in(words) in KINDS
