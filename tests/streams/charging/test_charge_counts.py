"""What coding came to, and what the newest sets hold: sums that stay right whatever changes, and whenever counting begins."""

from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tracemalloc import get_traced_memory, start, stop

from hypothesis import given
from hypothesis import strategies as st
from second_coder_timelines import BLANK, EMPTY

from models.closed_encounter import ClosedStatus
from models.drug import Drug
from models.encounter import Encounter, Flow
from rules.engine import Profile
from streams.charging.bill_hold import BillHold
from streams.charging.charge_counts import ChargeCounts, HeldFigures, Standing, standing_of
from streams.charging.coding_counts import CodingCounts
from streams.charging.release import release
from streams.charging.release_state import ReleaseState
from streams.wire.closed_encounter_json import ClosedEncounter

PROFILE = Profile()
MORNING = int(datetime(2026, 3, 2, 13, tzinfo=UTC).timestamp())
LEFT = MORNING + 10 * 3600
EVENING = MORNING + 12 * 3600


def stay(minutes: int | None) -> Encounter:
    """Return a discharged stay with an infusion of so many minutes, None for one nobody charted a time for."""
    flows = () if minutes is None else (Flow(MORNING, MORNING + 60 * minutes),)
    drip = BLANK._replace(
        administration_id="A1",
        drug=Drug(name="ceftriaxone"),
        flows=flows,
        given_at=MORNING if flows else None,
    )
    return EMPTY._replace(
        encounter_id="E1", standing="discharged", setting="facility", payer="medicare", time_zone="UTC",
        arrived_at=MORNING - 3600, departed_at=LEFT, last_recorded_at=LEFT, administrations=(drip,),
    )  # fmt: skip


def closed(encounter: Encounter, version: int = 1, status: ClosedStatus = "final") -> ClosedEncounter:
    """Return a closing of a stay."""
    return ClosedEncounter("E1", version, status, EVENING + 3600 * version, "confirmed", None, 9, encounter)


def coded(*closings: ClosedEncounter) -> tuple[ReleaseState, CodingCounts]:
    """Return the state after these closings, and what all of them came to."""
    state: ReleaseState | None = None
    counts = CodingCounts()
    for offset, closing in enumerate(closings):
        before, state = state, release(state, closing, PROFILE, offset).state
        assert state is not None
        if before is None or before.revision != state.revision:
            counts.take(closing, before, state)
    assert state is not None
    return state, counts


def test_a_final_stay_is_a_revision_with_its_charges_and_how_long_they_took() -> None:
    """From the end of each infusion, and from the departure."""
    state, counts = coded(closed(stay(91)))
    assert counts.revisions == {"final": 1}
    assert counts.lines["charge"] == len(counts.bedside_ends) > 0
    assert set(counts.bedside_ends) == {MORNING + 91 * 60}
    assert counts.departures == [LEFT]
    assert counts.changes == [(b"E1", None, Standing("final"), LEFT)]
    assert standing_of(state) == Standing("final")


def test_a_line_that_changes_was_charged_before() -> None:
    """Its credit and its charge are counted, and no second time until the charge."""
    _, counts = coded(closed(stay(91)), closed(stay(80), 2))
    assert counts.revisions == {"final": 2}
    assert counts.lines["credit"] > 0
    assert counts.departures == [LEFT]
    assert len(counts.bedside_ends) == 2, "the lines of the first revision alone"


def test_a_held_set_is_held_under_its_flags_with_what_its_lines_would_pay() -> None:
    """A set without an expected payment holds nothing; one that is withdrawn is cancelled."""
    state, counts = coded(closed(stay(None)))
    standing = standing_of(state)
    assert standing is not None
    assert (standing.status, standing.payer) == ("held", "medicare")
    assert any(severity == "block" for _, severity in standing.flags)
    assert counts.departures == []
    gone, _ = coded(closed(stay(None)), closed(stay(None), 2, status="withdrawn"))
    assert standing_of(gone) == Standing("cancelled")
    assert standing_of(None) is None


HELD = Standing("held", "aetna", 500, (("F-A", "block"), ("F-W", "warn")))
HOLD = 5 * 86_400
BIG = Standing("held", "aetna", 900, (("F-A", "block"), ("F-B", "block")))


def test_held_sets_are_summed_by_payer_and_by_each_flag_that_holds_them() -> None:
    """The oldest counts from its departure; a warning holds nothing."""
    counts = ChargeCounts(BillHold())
    counts.change(b"1", None, HELD, EVENING)
    counts.change(b"2", None, BIG, MORNING)
    assert counts.held_by_payer() == {"aetna": HeldFigures(2, 1400, MORNING, MORNING + HOLD)}
    assert counts.held_by_flag() == {
        "F-A": HeldFigures(2, 1400, MORNING, MORNING + HOLD),
        "F-B": HeldFigures(1, 900, MORNING, MORNING + HOLD),
    }
    assert counts.by_flag == {("F-A", "block"): 2, ("F-B", "block"): 1, ("F-W", "warn"): 1}
    counts.change(b"2", BIG, Standing("final"), MORNING)
    assert counts.held_by_payer() == {"aetna": HeldFigures(1, 500, EVENING, EVENING + HOLD)}
    assert (counts.by_status["held"], counts.by_status["final"]) == (1, 1)


def test_a_held_set_takes_little_more_than_its_key() -> None:
    """A hospital that answers none has them for good: 800 bytes each as objects."""
    counts = ChargeCounts(BillHold())
    counts.change(b"first", None, HELD, EVENING)
    start()
    before = get_traced_memory()[0]
    for number in range(10_000):
        flags = ((f"F-{number % 7}", "block"), (f"F-{number % 5}", "warn"))
        counts.change(b"E%015d" % number, None, HELD._replace(flags=flags, cents=number), EVENING + number)
    each = (get_traced_memory()[0] - before) / 10_000
    stop()
    assert each < 250
    assert counts.held_by_payer()["aetna"].sets == 10_001


def test_each_payers_held_sets_wait_by_its_own_bill_hold(tmp_path: Path) -> None:
    """As its layer says on the day of the departure, and a facility's where that says otherwise; what is past is counted."""
    entry = '[[values]]\nkey = "bill_hold_days"\nfrom = {}\nvalue = {}\ncite = "Billing office"\n'
    for name, more, entries in (
        ("aetna-ours", 'scope = "payer"\nextends = "aetna"\naliases = ["aetna"]\n', entry.format("2026-01-01", 2) + entry.format("2026-03-03", 9)),
        ("north", 'scope = "facility"\nfacility = "NORTH"\n', entry.format("2020-01-01", 1)),
    ):  # fmt: skip
        text = f'name = "{name}"\ntitle = "A test"\nedition = 2026-11-22\n{more}{entries}'
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    counts = ChargeCounts(BillHold(Profile(f"{tmp_path}/")))
    counts.change(b"1", None, HELD, MORNING)
    counts.change(b"2", None, HELD._replace(payer="none"), MORNING)
    counts.change(b"3", None, HELD._replace(payer="other", facility="NORTH"), MORNING)
    counts.change(b"4", None, HELD._replace(payer="late aetna"), MORNING)
    day = 86_400
    until = {payer: held.until - MORNING for payer, held in counts.held_by_payer().items()}
    assert until == {"aetna": 2 * day, "none": 5 * day, "other": day, "late aetna": 5 * day}
    counts.change(b"1", HELD, HELD, MORNING + day)
    assert counts.held_by_payer()["aetna"].until == MORNING + 10 * day, "a later day has a later value"
    assert counts.past_hold_by_payer(MORNING + day - 1) == {}
    assert counts.past_hold_by_payer(MORNING + day) == {"other": 1}
    assert counts.past_hold_by_payer(MORNING + 10 * day) == {
        "aetna": 1,
        "none": 1,
        "other": 1,
        "late aetna": 1,
    }


def test_a_departure_before_every_policy_has_the_houses_bill_hold() -> None:
    """A wrong year in a feed must not stop a worker."""
    assert BillHold().ends_at(0, "facility", "medicare", None) == HOLD


def test_the_setting_and_the_facility_of_a_held_set_are_read_from_it() -> None:
    """They choose its policy."""
    state, _ = coded(closed(stay(None)._replace(facility="NORTH", setting="office")))
    standing = standing_of(state)
    assert standing is not None
    assert (standing.setting, standing.facility) == ("office", "NORTH")


STANDINGS = st.sampled_from((Standing("final"), Standing("preview"), HELD, BIG, Standing("cancelled")))
KEYS = st.sampled_from((b"1", b"2", b"3"))


@given(
    st.dictionaries(KEYS, STANDINGS),
    st.lists(st.tuples(KEYS, STANDINGS), max_size=8),
    st.randoms(use_true_random=False),
)
def test_counting_and_changing_come_to_the_same_in_any_order(
    kept: dict[bytes, Standing], changes: list[tuple[bytes, Standing]], order: Random
) -> None:
    """What was kept when counting began is counted in slices while stays change."""
    now: dict[bytes, Standing | None] = {**kept}
    steps: list[tuple[bytes, Standing | None, Standing] | bytes] = []
    for key, after in changes:
        steps.append((key, now.get(key), after))
        now[key] = after
    for key in kept:
        steps.insert(order.randrange(len(steps) + 1), key)
    counts, changed = ChargeCounts(BillHold()), set()
    for step in steps:
        if isinstance(step, bytes):
            counts.count(step, kept[step], 7, changed=step in changed)
        else:
            counts.change(*step, 7)
            changed.add(step[0])
    expected = ChargeCounts(BillHold())
    for key, standing in now.items():
        expected.change(key, None, standing, 7)
    assert +counts.by_status == +expected.by_status
    assert +counts.by_flag == +expected.by_flag
    assert counts.held_by_flag() == expected.held_by_flag()
