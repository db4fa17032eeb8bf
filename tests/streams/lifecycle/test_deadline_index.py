"""The packed index of deadlines says what a heap of all entries would say."""

from heapq import heapify, heappop, heappush
from tracemalloc import get_traced_memory, start, stop

from hypothesis import given
from hypothesis import strategies as st

from streams.lifecycle.deadline_index import DeadlineIndex

instants = st.integers(-5_000, 40_000)
keys = st.binary(min_size=1, max_size=3)
steps = st.lists(
    st.one_of(st.tuples(keys, instants), st.tuples(st.just(None), instants)), max_size=30
)  # fmt: skip


@given(st.lists(st.tuples(instants, keys), max_size=30), steps, st.integers(1, 4))
def test_it_says_what_a_heap_says(
    entries: list[tuple[int, bytes]], changes: list[tuple[bytes | None, int]], most: int
) -> None:
    """Additions, and looks at instants that may lie apart by hours or go back."""
    index, heap = DeadlineIndex(entries), list(entries)
    heapify(heap)
    now: dict[bytes, int] = {key: due_at for due_at, key in entries}
    for key, instant in changes:
        if key is not None:
            index.add(key, instant)
            heappush(heap, (instant, key))
            now[key] = max(instant, now.get(key, instant))
            continue
        wanted: list[bytes] = []
        while len(wanted) < most and heap and heap[0][0] <= instant:
            _, first = heappop(heap)
            if now[first] > instant:
                heappush(heap, (now[first], first))
            else:
                wanted.append(first)
        assert list(index.due(instant, now.get, most)) == wanted
        assert len(index) == len(heap)
        assert index.has_due(instant) == (bool(heap) and heap[0][0] <= instant)


def test_a_stay_that_waits_takes_little_more_than_its_key() -> None:
    """Months of them are kept: 170 bytes each as tuples in a heap."""
    start()
    before = get_traced_memory()[0]
    index = DeadlineIndex((number * 60, b"E%015d" % number) for number in range(30_000))
    each = (get_traced_memory()[0] - before) / len(index)
    stop()
    assert each < 40


def test_an_hour_that_has_not_begun_stays_packed_however_often_it_is_asked_for() -> None:
    """The worker asks each second, and a recovery may leave a million in one hour."""
    start()
    before = get_traced_memory()[0]
    index = DeadlineIndex((7_200 + number % 3_600, b"E%015d" % number) for number in range(30_000))
    assert not any(index.has_due(at) for at in range(0, 7_200, 60))
    each = (get_traced_memory()[0] - before) / len(index)
    stop()
    assert each < 40
    assert index.has_due(7_200)
