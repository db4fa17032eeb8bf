"""Instants by the hour say what a plain list of them says, with few in an hour and with many."""

from hypothesis import given
from hypothesis import strategies as st

from streams.lifecycle.instants import FEW, Instants

_HOUR = 3600

seconds = st.integers(0, 3 * _HOUR)
crowded = st.integers(_HOUR, _HOUR + 40)  # so that one is often taken out that is there
steps = st.lists(st.tuples(st.booleans(), st.one_of(seconds, crowded)), max_size=80)
full = st.sampled_from((0, FEW - 1, FEW, FEW + 1, 2 * FEW))


@given(full=full, taken=steps, at=st.one_of(seconds, st.floats(0, 3 * _HOUR)))
def test_they_say_what_a_list_says(full: int, taken: list[tuple[bool, int]], at: float) -> None:
    """Taken in and out in any order, one hour of them crowded or about to be."""
    instants, listed = Instants(), []
    for added, one in [(True, _HOUR + number % 50) for number in range(full)] + taken:
        if added:
            instants.add(one)
            listed.append(one)
        else:
            instants.discard(one)
            if one in listed:
                listed.remove(one)
    assert len(instants) == len(listed)
    assert instants.first() == min(listed, default=None)
    assert instants.before(at) == sum(one < at for one in listed)


def test_an_hour_whose_last_instant_is_taken_out_is_gone() -> None:
    """Also one that was crowded."""
    instants = Instants()
    for number in range(FEW + 1):
        instants.add(number)
    instants.add(_HOUR)
    for number in range(FEW + 1):
        instants.discard(number)
    assert (len(instants), instants.first(), instants.before(2 * _HOUR)) == (1, _HOUR, 1)
    instants.clear()
    assert (len(instants), instants.first()) == (0, None)
