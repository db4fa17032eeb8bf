"""Which reject is open: one of each chain, whatever crashes, replays and forged headers put beside it."""

from streams.operations.reject_ledger import RejectLedger
from streams.wire.message import Headers
from streams.wire.reject_headers import reject_headers
from streams.wire.reject_marks import Mark, Place, mark_headers, replay_headers
from streams.wire.topics import EVENTS

EVENT = (b"E1", b"bad")


class Topic:
    """A rejects topic of one partition, and its ledger."""

    def __init__(self, park_after: int = 3, read_up_to: int = 0) -> None:
        self.ledger = RejectLedger(park_after, {(EVENTS, 0): read_up_to})
        self.end = 0

    def put(self, headers: Headers, content: tuple[bytes, bytes] = EVENT) -> Place:
        """Put a message at the end, and return its place."""
        self.ledger.add(0, self.end, 1000 + self.end, content, headers)
        self.end += 1
        return 0, self.end - 1

    def refuse(self, offset: int, came: Headers = (), content: tuple[bytes, bytes] = EVENT) -> Place:
        """Put the reject of a record of the events topic."""
        return self.put(reject_headers(came, "why", EVENTS, 0, offset), content)

    def states(self, *places: Place) -> list[str]:
        """Return the state of each reject."""
        standings = [self.ledger.standing(place) for place in places]
        return [standing[0] if standing else "none" for standing in standings]


def test_a_reject_is_open_until_it_was_sent_back_and_mended_once_that_was_read() -> None:
    """Sent back is not yet read, and read and not refused again is mended, by that replay."""
    topic = Topic(read_up_to=10)
    early, late, new = topic.refuse(1), topic.refuse(2, (), (b"E2", b"x")), topic.refuse(3, (), (b"E3", b"x"))
    topic.put(mark_headers(Mark(early, "replayed", f"{EVENTS}:0:9")))
    topic.put(mark_headers(Mark(late, "replayed", f"{EVENTS}:0:10")))
    assert topic.states(early, late, new) == ["mended", "replayed", "open"]
    assert topic.ledger.standing(early) == ("mended", f"{EVENTS}:0:9")


def test_two_replays_of_one_reject_leave_one_open() -> None:
    """Both copies were refused again: the newest stands for all."""
    topic = Topic()
    first = topic.refuse(1)
    again = replay_headers(reject_headers((), "why", EVENTS, 0, 1), *first)
    topic.put(mark_headers(Mark(first, "replayed", f"{EVENTS}:0:5")))
    second, third = topic.refuse(5, again), topic.refuse(6, again)
    assert topic.states(first, second, third) == ["repeated", "repeated", "open"]
    assert topic.ledger.standing(first) == ("repeated", "0:3")


def test_a_reject_written_twice_by_a_crash_is_one() -> None:
    """It is about the same record, byte for byte; also where the reject it is a replay of is gone."""
    topic = Topic()
    one, other, another = topic.refuse(1), topic.refuse(1), topic.refuse(1, (), (b"E1", b"else"))
    assert topic.states(one, other, another) == ["repeated", "open", "open"]
    of_old = (("infusion-replay", b"3:9"),)
    twins = [topic.refuse(9, of_old, (b"E5", b"y")), topic.refuse(9, of_old, (b"E5", b"y"))]
    assert topic.states(*twins) == ["repeated", "open"]


def test_after_n_replays_it_is_parked() -> None:
    """An event that nothing mends is not sent back for ever."""
    topic = Topic(park_after=2)
    place, came, states = topic.refuse(0), (), []
    for turn in range(3):
        states += topic.states(place)
        came = replay_headers(reject_headers(came, "why", EVENTS, 0, turn), *place)
        topic.put(mark_headers(Mark(place, "replayed", f"{EVENTS}:0:{turn + 1}")))
        place = topic.refuse(turn + 1, came)
    assert states == ["open", "open", "parked"]


def test_a_dismissed_one_stays_so() -> None:
    """And says why."""
    topic = Topic()
    place = topic.refuse(1)
    topic.put(mark_headers(Mark(place, "dismissed", "a test feed")))
    assert topic.ledger.standing(place) == ("dismissed", "a test feed")


def test_a_forged_header_hides_no_other_reject() -> None:
    """A publisher may claim that its message is the replay of another's reject."""
    topic = Topic()
    honest = topic.refuse(1)
    forged = topic.refuse(2, (("infusion-replay", b"0:0"),), (b"E9", b"evil"))
    itself = topic.refuse(3, (("infusion-replay", b"0:2"),), (b"E8", b"self"))
    ahead = topic.refuse(4, (("infusion-replay", b"0:99"),), (b"E7", b"none"))
    assert topic.states(honest, forged, itself, ahead) == ["open"] * 4


def test_a_mark_and_what_came_later_have_no_state() -> None:
    """They are no rejects."""
    topic = Topic()
    mark = topic.put(mark_headers(Mark((0, 7), "replayed", "nonsense")))
    assert topic.states(mark, (0, 99)) == ["none", "none"]
