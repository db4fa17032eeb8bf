"""What the administrations of one drawn stay have in common: the day, the sites, where the last one ended."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from models.encounter import AccessSite

LENGTHS = (
    1,
    5,
    10,
    14,
    15,
    16,
    17,
    20,
    29,
    30,
    31,
    32,
    45,
    60,
    61,
    89,
    90,
    91,
    92,
    120,
    149,
    150,
    151,
    211,
    300,
)
LONG = (479, 480, 481, 600, 720, 1439, 1440, 1441, 1500, 2890)
STEPS = (0, 0, 0, 1, 5, 10, 14, 15, 16, 20, 29, 30, 31, 32, 45, 60, 90, 91, 120, 240, 420, 1000)
BACK = (-1, -5, -14, -15, -16, -17, -30, -31, -60, -90, -120)

DAYS = (
    datetime(2026, 3, 2, 8, tzinfo=UTC),
    datetime(2026, 3, 2, 21, tzinfo=UTC),
    datetime(2026, 3, 8, 4, tzinfo=UTC),  # New York's clocks go forward
    datetime(2026, 9, 30, 20, tzinfo=UTC),  # the next edit tables come into force
    datetime(2026, 11, 1, 3, tzinfo=UTC),  # New York's clocks go back
)
ORDINARY_DAYS = DAYS[:2]
"""Days far from any change of a table."""

PLACED = int(datetime(2026, 2, 1, tzinfo=UTC).timestamp())

SITES = {
    "none": (),
    "one": (AccessSite("a", "peripheral", PLACED, None, None, None),),
    "two": (
        AccessSite("a", "peripheral", PLACED, None, None, None),
        AccessSite("b", "peripheral", PLACED, None, None, None),
    ),
    "second has a reason": (
        AccessSite("a", "port", PLACED, None, None, None),
        AccessSite("b", "peripheral", PLACED, None, None, "incompatible drugs"),
    ),
    "both have a reason": (
        AccessSite("a", "port", PLACED, None, None, "protocol"),
        AccessSite("b", "peripheral", PLACED, None, None, "incompatible drugs"),
    ),
    "second has a word that is no reason": (
        AccessSite("a", "port", PLACED, None, None, None),
        AccessSite("b", "peripheral", PLACED, None, None, "small veins"),
    ),
    "first has a reason": (
        AccessSite("a", "peripheral", PLACED, None, None, "incompatible drugs"),
        AccessSite("b", "peripheral", PLACED, None, None, "rate not reached with one line"),
    ),
    "restarted": (
        AccessSite("a", "peripheral", PLACED, None, None, None),
        AccessSite("b", "peripheral", PLACED, None, "a", None),
    ),
    "three, two with a reason": (
        AccessSite("a", "peripheral", PLACED, None, None, None),
        AccessSite("b", "peripheral", PLACED, None, None, "incompatible drugs"),
        AccessSite("c", "peripheral", PLACED, None, "b", None),
        AccessSite("d", "central", PLACED, None, None, "protocol"),
    ),
}


class Day:
    """What the administrations of one drawn stay have in common."""

    def __init__(self, draw: st.DrawFn, days: tuple[datetime, ...], *, charting: bool) -> None:
        self.draw = draw
        self.charting = charting
        self.midnight = int(draw(st.sampled_from(days)).timestamp())
        self.sites = SITES[draw(st.sampled_from(sorted(SITES)))]
        self.ragged = draw(st.booleans())
        self.started, self.stopped = 0, 0

    def rarely(self, one_in: int = 8) -> bool:
        """Draw whether something uncommon happens."""
        return self.draw(st.integers(1, one_in)) == one_in

    def instant(self, minute: int) -> int:
        """Return a minute of the stay in epoch seconds, with seconds where clocks show them."""
        seconds = self.draw(st.sampled_from((0, 0, 1, 25, 29, 30, 50, 59))) if self.ragged else 0
        return self.midnight + 60 * minute + seconds

    def begin(self) -> int:
        """Draw when the next thing begins: around the end or the beginning of the one before."""
        step = self.draw(st.sampled_from(STEPS + BACK))
        minute = self.draw(st.sampled_from((self.started, self.stopped, self.stopped))) + step
        return max(minute, -120)

    def flows(self, begun: int) -> list[list[int]]:
        """Draw stretches of flow in minutes of the stay: mostly one, paused now and then."""
        stretches = []
        for _ in range(1 + self.draw(st.sampled_from((0, 0, 0, 0, 1, 2)))):
            length = self.draw(st.sampled_from(LENGTHS))
            if self.rarely(20):
                length = self.draw(st.sampled_from(LONG))
            stretches.append([begun, begun + length])
            begun += length + self.draw(st.sampled_from((1, 5, 20, 29, 30, 31, 75)))
        self.started, self.stopped = stretches[0][0], stretches[-1][1]
        return stretches

    def place(self) -> str | None:
        """Draw the site, rarely none."""
        if not self.sites or self.rarely(30):
            return None
        return self.draw(st.sampled_from(self.sites)).site_id

    def order(self) -> dict[str, Any]:
        """Draw the order and dose identifiers: mostly none, few different ones."""
        return {
            "order_id": self.draw(st.sampled_from((None, None, "O1", "O2", "O3"))),
            "dose_id": self.draw(st.sampled_from((None, None, None, "D1", "D2"))),
        }
