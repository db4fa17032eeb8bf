"""How well a time is known when nurse and pump both tell it (R-DOC-7)."""

import pytest
from timeline import events_of

from rules.engine import code_encounter
from streams.encounter.fold import fold

NURSE = ("08:00 start vancomycin id=N order=O1", "09:00 stop N")
PUMP = ("08:00 start vancomycin id=P order=O1 source=pump", "09:02 stop P source=pump")
LATE_PUMP = ("08:10 start vancomycin id=P order=O1 source=pump", "09:10 stop P source=pump")
OPEN_PUMP = ("08:00 start vancomycin id=P order=O1 source=pump",)
NO_NURSE_STOP = ("08:00 start vancomycin id=N order=O1",)


@pytest.mark.parametrize(
    ("lines", "evidence"),
    [
        (NURSE, "charted"),
        ((*NURSE, *PUMP), "pump_validated"),
        ((*NURSE, *LATE_PUMP), "charted"),
        ((*NURSE, *OPEN_PUMP), "charted"),
        ((*NO_NURSE_STOP, *PUMP), "calculated"),
        (PUMP, "calculated"),
    ],
    ids=[
        "no pump",
        "they agree",
        "ten minutes apart",
        "the pump was never stopped",
        "the pump's stop",
        "no nurse",
    ],
)
def test_charted_is_what_the_nurse_charted_whatever_the_pump_adds(
    lines: tuple[str, ...], evidence: str
) -> None:
    """Both ends by the nurse are charted; a pump that agrees within P-28 makes them better known, never worse."""
    case = {"case": "one infusion", "timeline": [*lines, "12:00 discharge"]}
    lines_of = code_encounter(fold(events_of(case))).charge_set.lines
    assert {(line.code, line.evidence) for line in lines_of} == {("96365", evidence)}
