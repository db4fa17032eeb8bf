"""Labels side by side where they fit, one below the other where they would touch."""

from collections.abc import Sequence


def lanes(labels: Sequence[tuple[float, float]], width: float, gap: float) -> list[tuple[int, float]]:
    """
    Return a lane and a left edge for each label, given its anchor and its own width, so that none touch.

    A label stands right of its anchor where it fits, else left of it, held inside ``width``. Of those on the
    right the first takes the upper lane, of those on the left the last: so a line down from an anchor passes
    beside the labels below.
    """
    after = [anchor + size <= width for anchor, size in labels]
    taken: list[list[tuple[float, float]]] = []
    placed: dict[int, tuple[int, float]] = {}

    def downwards(number: int) -> tuple[bool, float]:
        return (False, labels[number][0]) if after[number] else (True, -labels[number][0])

    for number in sorted(range(len(labels)), key=downwards):
        anchor, size = labels[number]
        left = anchor if after[number] else max(0.0, min(anchor, width) - size)
        for lane in range(len(taken) + 1):
            if lane == len(taken):
                taken.append([])
            if all(left >= right + gap or left + size + gap <= begin for begin, right in taken[lane]):
                taken[lane].append((left, left + size))
                placed[number] = (lane, left)
                break
    return [placed[number] for number in range(len(labels))]
