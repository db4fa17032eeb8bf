"""The identity of a set: everything that decided it, and nothing of where or when it was coded."""

from typing import Any

import pytest
from second_coder_timelines import EMPTY

from models.charge import CHARGE_SET, PolicyLayer
from rules.claim.set_identity import at_revision, charge_set_id, identity_in_26_11, identity_of
from rules.engine import Profile, code_encounter

PLAIN: dict[str, Any] = {
    "encounter_id": "E1",
    "revision": 1,
    "rulebook": "26.12.0",
    "policy": "medicare-facility",
    "policy_layers": (PolicyLayer("global", "0a"), PolicyLayer("payer medicare", "1b")),
    "overrides": {"missing_stop": "push", "dos": "by_hour"},
    "tables": {"mue": "2026-01-01", "ptp": "2026-01-01"},
}


@pytest.mark.parametrize(
    "other",
    [
        {"encounter_id": "E2"},
        {"revision": 2},
        {"rulebook": "26.12.1"},
        {"policy": "medicare-office"},
        {"policy_layers": (PolicyLayer("global", "0a"), PolicyLayer("payer medicare", "1c"))},
        {"policy_layers": (PolicyLayer("global", "0a"),)},
        {"overrides": {"missing_stop": "none", "dos": "by_hour"}},
        {"overrides": {}},
        {"tables": {"mue": "2026-04-01", "ptp": "2026-01-01"}},
    ],
    ids=[
        "stay",
        "revision",
        "rulebook",
        "policy",
        "another layer",
        "a layer less",
        "another answer",
        "no answer",
        "tables",
    ],
)
def test_whatever_decided_a_set_is_in_its_id(other: dict[str, Any]) -> None:
    """Two answers never go by one id."""
    assert charge_set_id(**PLAIN) != charge_set_id(**PLAIN | other)


def test_the_order_in_which_things_were_set_is_not() -> None:
    """``--set`` twice the other way round is the same policy."""
    turned = {key: PLAIN["overrides"][key] for key in reversed(PLAIN["overrides"])}
    assert charge_set_id(**PLAIN) == charge_set_id(**PLAIN | {"overrides": turned})


def test_a_set_can_tell_its_own_id() -> None:
    """An auditor who has the set alone makes the id again; so does its next revision."""
    found = code_encounter(EMPTY, Profile(overrides=(("P-15", "push"),))).charge_set
    assert found.charge_set_id == identity_of(found, 1)
    later = at_revision(found, 2, found.charge_set_id)
    assert (later.charge_set_id, later.replaces) == (identity_of(found, 2), found.charge_set_id)
    assert at_revision(found, 2) == later


def test_a_set_of_an_older_release_is_read() -> None:
    """It has neither layers nor overrides, and its flags and refusals no reasons: they are empty, not guessed."""
    read = CHARGE_SET.validate_python(
        {
            "charge_set_id": identity_in_26_11("E1", 1), "encounter_id": "E1", "revision": 1, "replaces": None,
            "status": "final", "rulebook": "26.11.1", "policy": "medicare-facility", "setting": "facility",
            "payer": "medicare", "lines": [], "tables": {},
            "flags": [{"flag": "F-SAD", "severity": "info", "administration_ids": [], "says": "", "suggestion": "", "facts": {}}],
            "not_billed": [{"administration_id": "A1", "rule": "R-BUN-1", "says": "", "cites": []}],
        }
    )  # fmt: skip
    assert (read.policy_layers, read.overrides) == ((), {})
    assert (read.flags[0].reasons, read.not_billed[0].reasons) == ((), ())
