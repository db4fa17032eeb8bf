"""Which charted reasons justify a second access, and how a flag repeats them (R-SITE-3)."""

import pytest
from timeline import events_of

from models.charge import Flag
from rules.coding.site_reasons import LONGEST, is_a_lumen, justifies, quoted
from rules.engine import code_encounter
from streams.encounter.fold import fold


@pytest.mark.parametrize(
    "reason",
    [
        "incompatible drugs",
        "Vesicant",
        "protocol",
        "second IV for incompatible drugs",
        "single-lumen PICC, TPN incompatible",
        "blood transfusion running in the other arm",
        "heart rate 140, unstable",
        "R57.1",
        "anticoagulant bridging",
    ],
)
def test_what_a_protocol_or_the_patient_requires_is_a_reason(reason: str) -> None:
    """A reason in no list counts too: what a condition requires cannot be listed."""
    assert justifies(reason)


@pytest.mark.parametrize(
    "reason",
    [
        None, "", " ", "-", "N/A", "none", "second lumen", "Other lumen of the PICC", "white lumen, incompatible drugs",
        "rate not reached", "Unable to reach the ordered rate", "flow rate too slow", "restarted", "re-sited in the hand",
        "infiltration", "first IV infiltrated", "small vein", "veins are small", "for convenience", "patient preference",
        "second IV", "2nd line", "T80.818A", "T80818A", "I87.8",
    ],
)  # fmt: skip
def test_what_only_says_that_there_was_another_is_none(reason: str | None) -> None:
    """Lumens, rates, restarts, infiltration, veins and convenience never justify a second site."""
    assert not justifies(reason)


@pytest.mark.parametrize(
    ("site_id", "kind", "is_one"),
    [
        ("picc-lumen-2", "picc", True),
        ("right-arm", "distal lumen", True),
        ("right-arm", "double-lumen picc", False),
        ("right-arm", None, False),
    ],
)
def test_an_access_that_calls_itself_a_lumen_is_one(site_id: str, kind: str | None, *, is_one: bool) -> None:
    """The other lumen of a catheter is no access, whatever reason stands beside it."""
    assert is_a_lumen(site_id, kind) is is_one


def test_a_reason_is_repeated_on_one_line_and_not_without_end() -> None:
    """What a nurse typed cannot break a terminal or fill a flag."""
    assert quoted("drugs\n\tdo not\x1b mix") == "drugs do not mix"
    assert len(quoted("word " * 100)) == LONGEST


def flags_of(reason: str) -> list[Flag]:
    """Return the F-SECOND_SITE flags of two infusions at two accesses, the second with this reason."""
    case = {
        "case": "two lines",
        "timeline": [
            "07:50 access left-arm peripheral",
            f'07:55 access right-arm peripheral reason="{reason}"',
            "08:00-09:00 infuse vancomycin site=left-arm",
            "08:00-08:50 infuse cefepime site=right-arm",
            "12:00 discharge",
        ],
    }
    flags = code_encounter(fold(events_of(case))).charge_set.flags
    return [flag for flag in flags if flag.flag == "F-SECOND_SITE"]


def test_a_marked_line_names_its_reason_for_information() -> None:
    """A reviewer can list every distinct-site modifier with the words it stands on."""
    (flag,) = flags_of("incompatible drugs")
    assert flag.severity == "info"
    assert flag.says == "96365-59 stands on the reason charted for a second access: “incompatible drugs”."
    assert flag.administration_ids == ("cefepime",)


def test_a_reason_that_is_none_is_quoted_with_its_rule() -> None:
    """Whoever charted the reason reads why it was not taken."""
    (flag,) = flags_of("second IV")
    assert flag.severity == "warn"
    assert flag.says == (
        "“second IV” does not justify a second access (R-SITE-3): its services join the main site."
    )
