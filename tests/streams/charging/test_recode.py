"""Closed stays coded again: the newest closing of each, beside what was charged."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from golden import all_cases
from second_coder_timelines import BLANK, EMPTY
from timeline import events_of

from models.drug import Drug
from models.encounter import Encounter, Flow
from rules.claim.set_identity import identity_of
from rules.engine import Profile, code_encounter
from rules.policy.resolve import PolicyError
from rules.site_folder import read_site
from streams.charging.recode import compare, newest, recode
from streams.charging.release import release
from streams.encounter.fold import fold
from streams.wire.charge_json import value_of, written
from streams.wire.closed_encounter_json import ClosedEncounter, NotAClosedEncounterError, to_bytes
from streams.wire.topics import CHARGES

PROFILE = Profile()
MORNING = int(datetime(2026, 3, 2, 13, tzinfo=UTC).timestamp())
MIDNIGHT = int(datetime(2026, 3, 3, tzinfo=UTC).timestamp())


def stay(encounter_id: str = "E1", minutes: int = 91) -> Encounter:
    """Return a discharged stay with one infusion."""
    drip = BLANK._replace(
        administration_id="A1", drug=Drug(name="ceftriaxone"), given_at=MORNING,
        flows=(Flow(MORNING, MORNING + 60 * minutes),), touched=(MORNING + 60 * minutes,),
    )  # fmt: skip
    return EMPTY._replace(
        encounter_id=encounter_id, standing="discharged", setting="facility", payer="medicare", time_zone="UTC",
        departed_at=MORNING + 9 * 3600, last_recorded_at=MORNING + 9 * 3600, administrations=(drip,),
    )  # fmt: skip


def closed(encounter: Encounter, version: int = 1, **told: Any) -> ClosedEncounter:
    """Return a final closing at midnight, unless told otherwise."""
    return ClosedEncounter(
        encounter.encounter_id, version, "final", MIDNIGHT, "confirmed", None, 9, encounter
    )._replace(**told)


def values(*closings: ClosedEncounter) -> list[bytes]:
    """Return the records of the topic."""
    return [to_bytes(one) for one in closings]


def test_a_sites_folder_lies_over_what_ships() -> None:
    """As in ``infusion code`` and in the worker: the folder is the profile's."""
    signed = stay()._replace(
        administrations=(stay().administrations[0]._replace(drug=Drug(name="onc premed bag")),)
    )
    profile = Profile(site=read_site(Path(__file__).resolve().parents[3] / "docs" / "site"))
    (plain,), (own,) = (recode(values(closed(signed)), choice) for choice in (PROFILE, profile))
    assert plain.status == "held"
    assert [line.code for line in own.lines] == ["96365", "96366"]
    assert own == code_encounter(signed, profile).charge_set


def test_every_golden_case_is_coded_as_from_its_events() -> None:
    """What ``infusion code`` says of the same stays: identical bytes, in order of encounter ids."""
    stays = [
        fold(events_of(case))._replace(encounter_id=f"E{number:05}")
        for number, (_, case) in enumerate(all_cases())
    ]
    records = values(*[closed(one) for one in reversed(stays)])
    assert [written(one) for one in recode(records, PROFILE)] == [
        written(code_encounter(one, PROFILE).charge_set) for one in stays
    ]


def test_the_newest_version_of_a_stay_counts_wherever_it_stands() -> None:
    """By version first, then by the decision's instant, then by place; each stay once."""
    old, preview = closed(stay(minutes=30)), closed(stay(), 2, status="preview")
    final = closed(stay(), 2, closed_at=MIDNIGHT + 60)
    other = closed(stay("E0"))
    assert [*newest(values(final, other, preview, old))] == [other, final]
    assert [*newest(values(old, closed(stay(), 1)))] == [closed(stay(), 1)]


def test_a_lower_version_decided_later_and_behind_is_newer() -> None:
    """Versions begin at 1 again where states were begun anew."""
    before = closed(stay(minutes=30), 3)
    anew = closed(stay(), 1, closed_at=before.closed_at + 60)
    assert [*newest(values(before, anew))] == [anew]
    assert [*newest(values(before, anew, closed(stay(minutes=45), 2)))] == [anew]


def test_since_is_a_day_in_utc_its_first_second_included() -> None:
    """The instant the stay was closed; a stay closed again since then counts with its newest closing."""
    just, before = closed(stay("E1")), closed(stay("E2"), closed_at=MIDNIGHT - 1)
    again = closed(stay("E3"), 2)
    records = values(just, before, closed(stay("E3"), closed_at=MIDNIGHT - 1), again)
    assert [one.encounter_id for one in recode(records, PROFILE, date(2026, 3, 3))] == ["E1", "E3"]
    assert [one.encounter_id for one in recode(records, PROFILE, date(2026, 3, 4))] == []
    assert [one.encounter_id for one in recode(records, PROFILE)] == ["E1", "E2", "E3"]


def test_previews_and_withdrawn_stays_are_coded_as_what_they_are() -> None:
    """A preview inside the confirm window; an empty cancelled set, for which the topic has a tombstone."""
    found = [
        *recode(
            values(
                closed(stay("E1"), status="preview"),
                closed(stay("E2"), status="withdrawn", reason="merged", merged_into="E1"),
                closed(stay("E3")._replace(standing="cancelled"), status="withdrawn"),
                closed(stay("E4"), status="withdrawn", reason="cancelled"),
            ),
            PROFILE,
        )
    ]
    assert [one.status for one in found] == ["preview", "cancelled", "cancelled", "cancelled"]
    assert [len(one.lines) for one in found] == [2, 0, 0, 0]
    assert [one.not_billed[0].says for one in found[1:]] == [
        "The stay was merged.", "The stay was cancelled.", "The stay was cancelled.",
    ]  # fmt: skip


def test_another_policy_gives_other_charges() -> None:
    """What the verb is for; a policy nobody knows is refused."""
    given = stay(minutes=15).administrations[0]
    longer = given._replace(flows=(Flow(MORNING, MORNING + 15 * 60 + 45),))
    records = values(closed(stay()._replace(administrations=(longer,))))
    (usual,) = recode(records, PROFILE)
    (other,) = recode(records, Profile(overrides=(("P-24", "nearest_minute"),)))
    assert [one.code for one in (*usual.lines, *other.lines)] == ["96374", "96365"]
    with pytest.raises(PolicyError):
        [*recode(records, Profile(policy="no such policy"))]


def test_a_record_that_is_none_is_told_of_and_the_rest_is_coded() -> None:
    """One bad record costs itself; without anybody to tell, it is an error."""
    told: list[NotAClosedEncounterError] = []
    records = [*values(closed(stay("E1"))), b"secret", *values(closed(stay("E2")))]
    found = [one.encounter_id for one in recode(records, PROFILE, on_unreadable=told.append)]
    assert found == ["E1", "E2"]
    assert len(told) == 1
    with pytest.raises(NotAClosedEncounterError):
        [*recode(records, PROFILE)]


# ---------------------------------------------------------------- beside what was charged


def topic(*closings: ClosedEncounter) -> dict[str, bytes | None]:
    """Return the newest values on the charges topic after these closings."""
    state, found = None, {}
    for offset, one in enumerate(closings):
        state, messages = release(state, one, PROFILE, offset, committed=offset)
        found |= {one.key.decode(): one.value for one in messages if one.topic == CHARGES}
    return found


def test_what_was_charged_so_comes_out_unchanged_at_its_revision() -> None:
    """Revision 3 on the topic is revision 3 here, byte for byte."""
    closings = [closed(stay(minutes=minutes), version) for version, minutes in ((1, 30), (2, 211), (3, 91))]
    charges = topic(*closings)
    (found,) = compare(values(*closings), charges, PROFILE)
    assert (found.changed, found.changes, found.charge_set.revision) == (False, (), 3)
    assert value_of(found.charge_set) == charges["E1"]


def test_what_would_be_charged_otherwise_is_told_line_by_line() -> None:
    """At the next revision, credits before charges: what a release would send."""
    (found,) = compare(values(closed(stay(minutes=211), 2)), topic(closed(stay())), PROFILE)
    assert found.changed
    assert (found.charge_set.revision, found.charge_set.replaces) == (2, identity_of(found.charge_set, 1))
    assert [(one.change, one.line.code, one.line.units) for one in found.changes] == [
        ("credit", "96365", 1), ("credit", "96366", 1), ("charge", "96365", 1), ("charge", "96366", 3),
    ]  # fmt: skip
    state, _ = release(None, closed(stay()), PROFILE, 0)
    sent = release(state, closed(stay(minutes=211), 2), PROFILE, 1).state
    assert sent is not None
    assert tuple(value_of(one) for one in found.changes) == sent.changes
    assert value_of(found.charge_set) == sent.charge_set


def test_a_stay_nothing_was_sent_of_is_all_new() -> None:
    """A worker that was never run, or a set that was lost: every line would be charged."""
    for charges in ({}, {"E1": None}):
        (found,) = compare(values(closed(stay())), charges, PROFILE)
        assert found.changed
        assert [(one.change, one.line.code) for one in found.changes] == [
            ("charge", "96365"), ("charge", "96366"),
        ]  # fmt: skip


def test_a_withdrawn_stay_is_unchanged_where_nothing_is_charged_and_credited_where_something_is() -> None:
    """A tombstone is what its topic ought to hold."""
    gone = values(closed(stay(), 2, status="withdrawn", reason="cancelled"))
    (found,) = compare(gone, {"E1": None}, PROFILE)
    assert (found.changed, found.changes) == (False, ())
    (found,) = compare(gone, topic(closed(stay())), PROFILE)
    assert found.changed
    assert [one.change for one in found.changes] == ["credit", "credit"]


def test_another_rulebook_version_alone_moves_no_line() -> None:
    """The set is another, its lines are not."""
    sent = topic(closed(stay()))["E1"]
    assert sent is not None
    older = {"E1": sent.replace(b'"rulebook":"26.11.5"', b'"rulebook":"26.10.3"')}
    (found,) = compare(values(closed(stay())), older, PROFILE)
    assert (found.changed, found.changes, found.charge_set.revision) == (True, (), 2)


def test_another_policy_is_told_beside_what_was_charged() -> None:
    """The set says by which switch it differs, at its own identity; lines keep their ids."""
    bag = stay().administrations[0]._replace(
        administration_id="A2", drug=Drug(name="vancomycin"), given_at=MORNING + 60 * 61,
        flows=(Flow(MORNING + 60 * 61, MORNING + 60 * 221),),
    )  # fmt: skip
    overlapping = closed(stay()._replace(administrations=(*stay().administrations, bag)))
    sent = topic(overlapping)
    (same,) = compare(values(overlapping), sent, PROFILE)
    assert not same.changed
    (found,) = compare(values(overlapping), sent, Profile(overrides=(("P-08", "full_time"),)))
    assert found.changed
    assert found.charge_set.overrides == {"partial_overlap": "full_time"}
    assert found.charge_set.replaces == same.charge_set.charge_set_id
    assert found.charge_set.charge_set_id != identity_of(same.charge_set, 2)
    credited = {one.line.line_id for one in found.changes if one.change == "credit"}
    assert credited & {one.line.line_id for one in found.changes if one.change == "charge"}
