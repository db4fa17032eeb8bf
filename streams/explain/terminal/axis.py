"""The clock over the bars: marks of the stay, dates, hours, and what was left out."""

from streams.explain.lanes import lanes
from streams.explain.picture import Picture
from streams.explain.terminal.frame import Frame, put


def marks(frame: Frame, picture: Picture) -> None:
    """Write arrival, departure and whatever else the stay's window rests on, each over its minute."""
    columns = [frame.at(mark.minute) for mark in picture.marks]
    labels = [frame.page.spell(mark.label) for mark in picture.marks]
    sizes = [(x, len(label) + 2) for x, label in zip(columns, labels, strict=True)]
    places = lanes(sizes, frame.plot, 2)
    lines = [frame.empty() for _ in range(max((lane + 1 for lane, _ in places), default=0))]
    for label, column, (lane, left) in zip(labels, columns, places, strict=True):
        lines[lane][column] = (frame.page.glyphs.mark, "bold")
        put(lines[lane], int(left) + (2 if left >= column else 1), label)
    for cells in lines:
        frame.write("", cells, behind=False)


def clock(frame: Frame) -> None:
    """Write the dates, the hours below them, and the axis."""
    glyphs = frame.page.glyphs
    dates, hours = frame.empty(), frame.empty()
    axis = [(glyphs.axis, "dim")] * frame.plot
    free = 0
    for tick in frame.ticks:
        column = frame.column(tick.x)
        axis[column] = (glyphs.tick, "dim")
        put(hours, min(column, frame.plot - len(tick.label)), tick.label)
        if tick.date and column >= free:
            put(dates, min(column, frame.plot - len(tick.date)), tick.date, "bold")
            free = column + len(tick.date) + 1
    for gap in frame.scale.breaks:
        left, right = frame.column(gap.left), frame.column(gap.right)
        axis[left:right] = [(" ", "")] * (right - left)
        words = f"{glyphs.cut}{gap.label.replace(' min', 'm')}{glyphs.cut}"
        put(axis, left + (right - left - len(words) + 1) // 2, words)
    day = frame.scale.first_day
    label = "" if frame.ticks and frame.ticks[0].date == day else f"{day:>{frame.left}}"
    for words, cells in ((label, dates), ("", hours), ("", axis)):
        frame.write(words, cells, behind=False)
