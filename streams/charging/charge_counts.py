"""
What the newest charge sets of stays come to: how many of which status, what is held, for what and how much. Pure.

A stay whose newest set changes is taken out as it was and put in as it is, so that the sums need no second look at the
others. They can be begun anywhere: what is counted afterwards, of a state as it was then, is added to them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

from orjson import loads

from streams.charging.bill_hold import BillHold
from streams.charging.release_state import ReleaseState

_STATUS: Final = b'"status":"'
PAYERLESS: Final = "none"
"""The payer of a stay that names none."""


class Standing(NamedTuple):
    """The newest charge set of one stay, as figures need it."""

    status: str
    payer: str = PAYERLESS
    cents: int = 0
    """Expected payment of the lines of a held set; 0 for any other."""
    flags: tuple[tuple[str, str], ...] = ()
    """Flags with their severities that a person is to look at, each once."""
    setting: str = "facility"
    facility: str | None = None


_Why = tuple[str, tuple[str, ...]]
"""The payer of a held set, and the flags that hold it: the same of many sets."""


class _Held(NamedTuple):
    """A held set; ``since`` is the departure, or without one the closing, and ``until`` its bill hold's end, in epoch seconds."""

    since: int
    until: int
    cents: int
    why: int
    """A place among the reasons."""


_PACKED: Final = Struct("<qqqI")
"""A held set as it is kept: nobody may ever answer for it, and as objects one took 800 bytes."""


class HeldFigures(NamedTuple):
    """Held sets under one label: how many, what they are worth, since when the longest waits, and when the first bill hold ends."""

    sets: int
    cents: int
    since: int
    until: int


def standing_of(state: ReleaseState | None) -> Standing | None:
    """Return what was last said of a stay; None where nothing was."""
    if state is None:
        return None
    if state.charge_set is None:
        return Standing("cancelled")
    # In JSON a quote inside a text is escaped, so the first place where this stands is the set's own field.
    begin = state.charge_set.find(_STATUS) + len(_STATUS)
    status = state.charge_set[begin : state.charge_set.find(b'"', begin)].decode()
    if status != "held" and state.review is None:
        return Standing(status)
    said = loads(state.charge_set)
    payments = [line.get("expected_payment") or {} for line in said["lines"]] if status == "held" else []
    flags = {
        (flag["flag"], flag["severity"]) for flag in said["flags"] if flag["severity"] in {"block", "warn"}
    }
    return Standing(
        status,
        said.get("payer") or PAYERLESS,
        sum(payment.get("cents") or 0 for payment in payments),
        tuple(sorted(flags)),
        said.get("setting") or "facility",
        said.get("facility"),
    )


class ChargeCounts:
    """The newest charge sets of the partitions of one worker; ``bill_hold`` tells how long the held ones may wait."""

    def __init__(self, bill_hold: BillHold) -> None:
        self._bill_hold = bill_hold
        self.by_status: Counter[str] = Counter()
        self.by_flag: Counter[tuple[str, str]] = Counter()
        """Stays by flag and severity that wait for a person."""
        self._held: dict[bytes, bytes] = {}
        self._whys: list[_Why] = []
        """Never cleared: another thread may be reading a held set that names a place in it."""
        self._places: dict[_Why, int] = {}

    def clear(self) -> None:
        """Forget all of it."""
        self.by_status.clear()
        self.by_flag.clear()
        self._held.clear()

    def change(self, key: bytes, before: Standing | None, after: Standing | None, since: int) -> None:
        """Take a stay out as it was and put it in as it is; ``since`` is its departure or closing in epoch seconds."""
        self._add(before, -1)
        self._add(after, 1)
        self._hold(key, after, since)

    def count(self, key: bytes, was: Standing, since: int, *, changed: bool) -> None:
        """Put in a stay as it was when counting began; ``changed`` says that ``change`` was told of it since."""
        self._add(was, 1)
        if not changed:
            self._hold(key, was, since)

    def _add(self, standing: Standing | None, sign: int) -> None:
        if standing is not None:
            self.by_status[standing.status] += sign
            for flag in standing.flags:
                self.by_flag[flag] += sign

    def _hold(self, key: bytes, standing: Standing | None, since: int) -> None:
        if standing is not None and standing.status == "held":
            payer = None if standing.payer == PAYERLESS else standing.payer
            until = self._bill_hold.ends_at(since, standing.setting, payer, standing.facility)
            why = standing.payer, tuple(flag for flag, severity in standing.flags if severity == "block")
            place = self._places.get(why)
            if place is None:
                self._whys.append(why)
                place = self._places[why] = len(self._whys) - 1
            self._held[key] = _PACKED.pack(since, until, standing.cents, place)
        else:
            self._held.pop(key, None)

    def _each(self) -> Iterator[tuple[_Held, _Why]]:
        for packed in list(self._held.values()):
            held = _Held._make(_PACKED.unpack(packed))
            yield held, self._whys[held.why]

    def held_by_payer(self) -> dict[str, HeldFigures]:
        """Return the held sets by payer."""
        return _figures((payer, held) for held, (payer, _) in self._each())

    def past_hold_by_payer(self, now: float) -> Counter[str]:
        """Return how many held sets of each payer are past their bill hold at an instant in epoch seconds."""
        return Counter(payer for held, (payer, _) in self._each() if held.until <= now)

    def held_by_flag(self) -> dict[str, HeldFigures]:
        """Return the held sets by each flag that holds them; a set with two such flags is under both."""
        return _figures((flag, held) for held, (_, flags) in self._each() for flag in flags)


def _figures(labelled: Iterator[tuple[str, _Held]]) -> dict[str, HeldFigures]:
    grouped: defaultdict[str, list[_Held]] = defaultdict(list)
    for label, held in labelled:
        grouped[label].append(held)
    return {
        label: HeldFigures(
            len(sets),
            sum(held.cents for held in sets),
            min(held.since for held in sets),
            min(held.until for held in sets),
        )
        for label, sets in grouped.items()
    }
