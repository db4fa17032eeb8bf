"""What the marks of the drawing mean: only those that were used."""

from collections.abc import Set as AbstractSet

from streams.explain.picture import Picture
from streams.explain.terminal.frame import Frame
from streams.explain.terminal.glyphs import Glyphs
from streams.explain.verdict import Verdict


def legend(frame: Frame, used: AbstractSet[str], picture: Picture) -> None:
    """Write what each mark used means, in as many lines as that takes."""
    entries = [words for key, words in _words(frame.page.glyphs, picture.verdict).items() if key in used]
    if frame.scale.breaks:
        cut = frame.page.glyphs.cut
        entries.append(f"{cut}{frame.scale.breaks[0].label}{cut} idle time left out")
    if "blocked" in used:
        entries.append("! holds the charges")
    if picture.partly_billed:
        entries.append(f"{picture.partly_billed}: {picture.verdict.share}")
    line = " "
    for entry in entries:
        if line.strip() and len(line) + 3 + len(entry) > frame.page.width:
            frame.page.add((line, "dim"))
            line = " "
        line += f" {entry}  "
    frame.page.add((line, "dim"))


def _words(glyphs: Glyphs, verdict: Verdict) -> dict[str, str]:
    return {
        "billed": f"{glyphs.billed * 2} {verdict.billed}",
        "unbilled": f"{glyphs.unbilled * 2} {verdict.unbilled}",
        "pause": f"{glyphs.pause * 2} paused",
        "unknown": f"{glyphs.unknown * 2} perhaps flowing",
        "?": "? stop not charted",
        "running": f"{glyphs.running} still running",
        "given": f"{glyphs.given} {verdict.given}",
        "unpaid": f"{glyphs.unpaid} {verdict.unpaid}",
        "pump": f"{glyphs.pump * 2} what the pump recorded",
    }
