"""
Seconds of a stay as the bits of one whole number: bit n is the n-th second after the desk's zero.

What two flows share is ``&``, both together ``|``, one without the other ``& ~``; nothing here adds or sorts ends.
"""

Seconds = int
"""A set of seconds."""


def span(start: int, stop: int) -> Seconds:
    """Return every second from ``start`` up to ``stop``, which is not among them; none where it is not later."""
    return ((1 << (stop - start)) - 1) << start if stop > start else 0


def whole(seconds: Seconds) -> int:
    """Return how many whole minutes so many seconds are, cut once (A-1)."""
    return seconds.bit_count() // 60


def first(seconds: Seconds) -> int:
    """Return the earliest second."""
    return (seconds & -seconds).bit_length() - 1


def end(seconds: Seconds) -> int:
    """Return the instant at which the last second is over."""
    return seconds.bit_length()


def runs(seconds: Seconds) -> list[tuple[int, int]]:
    """Return the uninterrupted stretches in time order, each from its first second to the instant it ends."""
    found, passed = [], 0
    while seconds:
        silent = first(seconds)
        seconds >>= silent
        length = first(~seconds)
        seconds >>= length
        found.append((passed + silent, passed + silent + length))
        passed += silent + length
    return found


def nth(seconds: Seconds, number: int) -> int:
    """Return the second that has ``number`` others before it."""
    for start, stop in runs(seconds):
        if number < stop - start:
            return start + number
        number -= stop - start
    message = f"there are not more than {number} seconds"
    raise IndexError(message)


def gap(one: Seconds, other: Seconds) -> int:
    """Return the whole minutes of the shortest wait between two flows; 0 where they touch or overlap."""
    if one & other:
        return 0
    waits = [max(begun - ended, start - stop) for start, ended in runs(one) for begun, stop in runs(other)]
    return min(waits) // 60
