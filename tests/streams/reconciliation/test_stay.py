"""One stay reconciled: every state a line can stand in, drugs beside administrations, ages."""

from dataclasses import replace
from datetime import UTC, date, datetime

from charge_samples import AT, CHARGE, CREDIT, LINE, SET

from models.charge import ChargeLine, ChargeSet, DrugLine, ExpectedPayment, Flag, NotBilled, Reason
from models.delivery import Delivery
from streams.cli.shared.reconciliation_rows import amount, table_row
from streams.feeds.posted import PostedLine
from streams.reconciliation.acknowledged import Posted, acknowledged
from streams.reconciliation.row import Row
from streams.reconciliation.stay import Stay, reconciled

ON = date(2026, 3, 2)
PAID = ExpectedPayment("OPPS 2026-01-01", "S", "5693", "paid", 21731, 21731, "paid")
WHY = (Reason("R-TIME-2", "Infusion of 91 minutes: the first hour.", ()),)
FIRST = ChargeLine("L1", "96365", 1, (), ON, ("A1",), 91, "charted", WHY, (), PAID)
SECOND = ChargeLine("L2", "96366", 1, ("59", "PO"), ON, ("A1",), 91, "charted", WHY)
PLAIN = replace(SET, lines=(FIRST, SECOND), encounter_id="E1")


def rows(
    charge_set: ChargeSet | None, *posted: PostedLine, drugs: bool = False, given: tuple[str, ...] = ()
) -> list[Row]:
    """Return the rows of a stay, eight days after its service."""
    stay = Stay("E1", charge_set, Posted(posted), given)
    return reconciled(stay, datetime(2026, 3, 10, tzinfo=UTC), drugs=drugs)


def states(found: list[Row], kind: str = "charge") -> list[tuple[str | None, str | None, str]]:
    """Return of each row our code, the posted one, and how it stands."""
    return [(row.code, row.posted_code, row.state) for row in found if row.kind == kind]


def test_a_line_is_matched_missing_extra_or_other_than_it_should_be() -> None:
    """By the line's id or by what it says; modifiers in any order; money of both sides; the age of the service."""
    found = rows(
        PLAIN,
        PostedLine("96366", 2, ("PO", "59"), ON),
        PostedLine("96375", 1, (), ON),
    )
    assert states(found) == [
        ("96365", None, "missing"), ("96366", "96366", "differs"), (None, "96375", "extra"),
    ]  # fmt: skip
    assert found[1].differs_in == ("units",)
    assert [row.age_days for row in found] == [8] * 4
    assert (found[0].cents, found[2].posted_cents) == (21731, 4784)
    assert states(rows(PLAIN, PostedLine("96365", 1, (), ON), PostedLine("96366", 1, ("PO", "59"), ON))) == [
        ("96365", "96365", "matched"), ("96366", "96366", "matched"),
    ]  # fmt: skip


def test_the_nearest_likeness_makes_a_pair() -> None:
    """A line on the wrong date is one that differs, not one missing and one too much."""
    found = rows(replace(PLAIN, lines=(FIRST,)), PostedLine("96365", 1, (), date(2026, 3, 3)))
    assert (found[0].state, found[0].differs_in, len(found)) == ("differs", ("date",), 2)


def test_a_held_set_owes_nothing_and_may_still_stand_at_the_billing_system() -> None:
    """Its lines wait; what was taken before and not yet credited is extra, unless a refused event alone holds it."""
    flag = Flag("F-MISSING_STOP", "block", ("A1",), "No stop.", "Ask.", {})
    held = replace(PLAIN, status="held", lines=(FIRST,), flags=(flag,))
    assert states(rows(held)) == [("96365", None, "held")]
    assert states(rows(held, PostedLine("96365", 1, (), ON))) == [("96365", "96365", "extra")]
    refused = replace(held, flags=(replace(flag, flag="F-REFUSED_EVENT", administration_ids=()),))
    assert states(rows(refused, PostedLine("96365", 1, (), ON))) == [("96365", "96365", "matched")]
    assert states(rows(replace(PLAIN, status="preview", lines=(FIRST,)))) == [("96365", None, "open")]


def test_each_administration_is_in_one_row_with_what_became_of_it() -> None:
    """As the worst of its lines; by the rule that refused it; one that is nowhere is missing."""
    refused = NotBilled("A9", "R-BUN-1", "Carrier fluid is part of the drug's infusion.")
    found = rows(
        replace(PLAIN, not_billed=(refused,)), PostedLine("96365", 1, (), ON), given=("A1", "A9", "A7")
    )
    assert [(row.id, row.state, row.rule) for row in found if row.kind == "administration"] == [
        ("A1", "missing", "R-TIME-2"), ("A7", "missing", ""), ("A9", "not_billed", "R-BUN-1"),
    ]  # fmt: skip


def test_an_administration_without_a_drug_and_a_drug_without_an_administration_are_told() -> None:
    """Where drugs are coded at all; a drug that is only suggested is missing only where it is expected."""
    drug = DrugLine("D1", "A2", "ondansetron", "suggested", "J2405", 4, None, (), ON, None, "charted", WHY)
    found = rows(replace(PLAIN, drug_lines=(drug,)))
    assert [(row.id, row.pairing) for row in found if row.kind == "administration"] == [
        ("A1", "without_drug"), ("A2", "without_administration"),
    ]  # fmt: skip
    assert [row.state for row in found if row.kind == "drug"] == ["not_billed"]
    assert [
        row.state for row in rows(replace(PLAIN, drug_lines=(drug,)), drugs=True) if row.kind == "drug"
    ] == ["missing"]
    taken = rows(
        replace(PLAIN, drug_lines=(drug, replace(drug, drug_line_id="D2", units=2))),
        PostedLine("J2405", 6, (), ON),
    )
    assert [(row.state, row.posted_units) for row in taken if row.kind == "drug"] == [
        ("matched", 6),
        ("matched", 0),
    ]


def test_a_drug_that_waits_for_its_dose_may_be_at_the_billing_system_already() -> None:
    """Its units cannot be compared yet, and it is not too much; where drugs are only suggested nobody waits for it."""
    flag = Flag("F-DRUG_DOSE", "block", ("A1",), "No dose is charted.", "Ask.", {})
    drug = DrugLine(
        "D1", "A1", "ceftriaxone", "open", "J0696", None, None, (), ON, None, "charted", WHY, (flag,)
    )
    suggested = replace(PLAIN, lines=(), drug_lines=(drug,))
    for charge_set, state in (
        (suggested, "not_billed"),
        (replace(suggested, status="held", flags=(replace(flag, flag="F-MISSING_STOP"),)), "not_billed"),
        (replace(suggested, status="held", flags=(replace(flag, administration_ids=("A1", "A2")),)), "held"),
    ):
        row = rows(charge_set, PostedLine("J0696", 4, (), ON))[0]
        assert (row.kind, row.state, row.posted_units) == ("drug", state, 4)
        assert row.says == "No dose is charted."
        assert table_row(row)[5:9] == ("J0696 no units", "-", "J0696x4", amount(row.posted_cents))


def test_waste_of_a_suggested_drug_is_a_line_of_its_own() -> None:
    """Posted with JW it is matched; the amount is both lines', to the cent."""
    paid = replace(PAID, cents=129692)
    drug = DrugLine(
        "D1", "A1", "infliximab", "suggested", "J1745", 31, 9, (), ON, None, "charted", WHY, (), paid
    )
    coded = replace(PLAIN, drug_lines=(drug,))
    found = rows(coded, PostedLine("J1745", 31, (), ON), PostedLine("J1745", 9, ("JW",), ON))
    drugs = [row for row in found if row.kind == "drug"]
    assert [(row.state, row.units, row.modifiers) for row in drugs] == [
        ("matched", 31, ()), ("matched", 9, ("JW",)),
    ]  # fmt: skip
    assert sum(row.cents for row in drugs) == 129692
    assert not [row for row in found if row.state == "extra"]
    alone = rows(coded, PostedLine("J1745", 31, (), ON), drugs=True)
    assert [row.state for row in alone if row.kind == "drug"] == ["matched", "missing"]


def test_a_drug_that_nobody_gave_is_no_administration() -> None:
    """Its drug line says why it is not billed; no giving is missing for it."""
    handed = DrugLine(
        "D9", "dispensed-1", "ketorolac", "not_billed", None, None, None, (), ON, None, "charted", WHY
    )
    found = rows(replace(PLAIN, drug_lines=(handed,)))
    assert [row.id for row in found if row.kind == "administration"] == ["A1"]
    assert [row.state for row in found if row.kind == "drug"] == ["not_billed"]


def test_what_stands_of_a_stay_without_a_charge_set_is_extra() -> None:
    """Cancelled or merged away, and not credited yet."""
    (row,) = rows(None, PostedLine("96365", 1, (), ON))
    assert (row.state, row.says) == ("extra", "no charge set stands of this stay")


def answer(change: str, outcome: str, revision: int = 2) -> Delivery:
    """Return what a billing system said to a change of the sample line."""
    return Delivery(
        "E1", "billing", outcome, LINE.line_id, change, CHARGE.charge_set_id, revision, f"{change}{revision}", "AR",  # type: ignore[arg-type] # drawn from its words
        "204 at FT1^1^7", 1, AT,
    )  # fmt: skip


def test_a_billing_system_has_what_it_took_and_did_not_give_back() -> None:
    """In the order of revisions; a charge that is kept no more is known by its id; a refusal says why."""
    posted = acknowledged([CHARGE], [answer("charge", "accepted")])
    assert posted.lines == (PostedLine("96366", 2, ("59", "PO"), ON, LINE.line_id),)
    assert acknowledged([CHARGE], [answer("charge", "accepted", 1), answer("credit", "accepted")]).lines == ()
    assert acknowledged([CREDIT], [answer("charge", "accepted")]).lines == (
        PostedLine(None, 0, line_id=LINE.line_id),
    )
    refused = acknowledged([CHARGE], [answer("charge", "refused")])
    assert (refused.lines, refused.notes) == ((), {LINE.line_id: "refused by billing: AR 204 at FT1^1^7"})
    (row, *_) = reconciled(Stay("E1", replace(SET, lines=(LINE,)), refused), AT)
    assert (row.state, row.says) == ("missing", "refused by billing: AR 204 at FT1^1^7")


def test_a_line_known_by_its_id_alone_is_matched() -> None:
    """Deliveries are kept longer than the charges they answer."""
    (row, *_) = rows(replace(PLAIN, lines=(FIRST,)), PostedLine(None, 0, line_id="L1"))
    assert (row.state, row.posted_cents, row.says) == ("matched", 21731, "known by its id alone")
