"""What the chart holds and lacks, at the terminal with its cost and in a letter without."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli import main

STAY = [
    {"type": "encounter_opened", "clock": "07:40", "setting": "facility", "payer": "medicare", "time_zone": "America/New_York"},
    {"type": "infusion_started", "clock": "08:00", "administration_id": "A1", "drug": {"name": "ceftriaxone"}, "route": "IV",
     "order_id": "O1"},
    {"type": "infusion_stopped", "clock": "09:31", "administration_id": "A1", "reason": "completed"},
    {"type": "infusion_started", "clock": "09:40", "administration_id": "A2", "drug": {"name": "vancomycin"}, "route": "IV"},
    {"type": "encounter_discharged", "clock": "13:00"},
]  # fmt: skip


@pytest.fixture(scope="module")
def events() -> str:
    """Return a stay with one whole infusion and one without a stop."""
    return "\n".join(
        json.dumps(
            {
                **{name: value for name, value in one.items() if name != "clock"},
                "event_id": f"L{number}",
                "encounter_id": "E1",
                "occurred_at": f"2026-03-02T{one['clock']}:00-05:00",
            }
        )
        for number, one in enumerate(STAY)
    )


def test_the_terminal_says_what_each_lack_costs(events: str) -> None:
    """Codes of one administration stand together; what earned no line is asked as for the plainest code."""
    words = CliRunner().invoke(main, ["explain", "--width", "140"], input=events).stdout
    chart = words.partition("What the chart holds (R-DOC-1)")[2].partition("\n\n")[0]
    assert "96365, 96366  A1\n  has   order, drug, route, start, stop" in chart
    assert (
        "not charted: dose, rate, indication, who. Nothing is held; a reviewer may ask; $265.15 stands on it."
        in chart
    )
    assert "no line, asked as for 96365  A2" in chart
    assert "LACKS stop: when it ended; F-MISSING_STOP holds the stay, the answers differ by $" in chart
    assert "Only the chart itself says: response, waste." in chart


def test_a_letter_says_the_same_without_money(events: str, tmp_path: Path) -> None:
    """What a line is worth is between a hospital and its payer's contract."""
    file = tmp_path / "letter.html"
    CliRunner().invoke(main, ["explain", "--html", str(file)], input=events)
    page = file.read_text(encoding="utf-8")
    chart = page.partition("<h2>What the chart holds</h2>")[2].partition("</section>")[0]
    assert "order, drug, route, start, stop" in chart
    assert "Lacks stop: when it ended; F-MISSING_STOP holds the stay." in chart
    assert "$" not in chart
