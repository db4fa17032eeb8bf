"""What the chart has and lacks of each line's checklist, and what that costs."""

from streams.explain.chart import chart_rows, untold
from streams.explain.picture import Picture
from streams.explain.terminal.page import Page


def chart(page: Page, picture: Picture) -> None:
    """Write the checklist of each line; nothing where the stay has none."""
    if not picture.checked:
        return
    page.heading("What the chart holds (R-DOC-1)")
    for row in chart_rows(picture.checked, picture.tags, money=True):
        page.write(f"{row.code}  ", row.names, style="bold")
        page.write("  has   ", row.has or "nothing of it")
        for item, asked in row.asked:
            page.write("  LACKS ", f"{item}: {asked}")
        if row.silent:
            stands = "" if row.stands is None else f"; {dollars(row.stands)} stands on it"
            page.write("  not charted: ", f"{row.silent}. Nothing is held; a reviewer may ask{stands}.")
    if unseen := untold(picture.checked):
        page.write("", f"Only the chart itself says: {unseen}.")


def dollars(cents: int) -> str:
    """Return US cents as dollars."""
    return f"${cents // 100:,}.{cents % 100:02d}"
