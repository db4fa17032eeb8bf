"""RAS: what each shape of a message comes to, event by event, and coded."""

from typing import Any

import pytest
from click.testing import CliRunner
from orjson import dumps, loads
from wire import (
    IM,
    IV,
    ORDER,
    PID,
    PIGGYBACK,
    PUSH,
    SITE,
    clock,
    header,
    message,
    ras,
    read,
    rxa,
    short,
    told,
    visit,
)

from streams.cli import main
from streams.feeds.site_mapping import Sender, SiteMapping

DRUG = {"code": "2193", "system": "rxnorm", "name": "ceftriaxone"}
GIVEN = {"order_id": "O1", "drug": DRUG, "route": "IV", "dose": 1, "dose_unit": "g"}


def coded(*messages: bytes, site: SiteMapping = SITE) -> dict[str, Any]:
    """Return the charge set of a stay from 7:30 to 14:00 with these messages, in any order."""
    events = [event for raw in messages for event in read(raw, site).events]
    opened = {
        "type": "encounter_opened",
        "event_id": "o",
        "encounter_id": "V1",
        "occurred_at": "2026-03-02T07:30:00-05:00",
        "setting": "facility",
        "payer": "medicare",
        "time_zone": "America/New_York",
    }
    left = {
        "type": "encounter_discharged",
        "event_id": "d",
        "encounter_id": "V1",
        "occurred_at": "2026-03-02T14:00:00-05:00",
    }
    sets = []
    for order in ([opened, *events, left], [left, *reversed(events), *events, opened]):
        run = CliRunner().invoke(main, ["code", "-q"], input=b"\n".join(map(dumps, order)))
        sets.append(loads(run.stdout_bytes.splitlines()[0]))
    assert sets[0] == sets[1], "any order and any repetition give the same charges"
    charges: dict[str, Any] = sets[0]
    return {
        "status": charges["status"],
        "codes": {line["code"]: line["units"] for line in charges["lines"]},
        "flags": {flag["flag"] for flag in charges["flags"] if flag["severity"] == "block"},
    }


def test_an_infusion_with_both_its_times_is_stated_whole() -> None:
    """One chart entry, by order and RXA-2."""
    (event,) = read(ras(ORDER, rxa(), PIGGYBACK)).events
    assert event["type"] == "administration_charted"
    assert event["encounter_id"] == "V1"
    assert event["source"] == "emar"
    assert event["recorded_at"] == "2026-03-02T12:00:00-05:00"
    assert short(event) == {
        "administration_id": "O1-1",
        "technique": "infusion",
        "started_at": "08:00",
        "stopped_at": "09:31",
        **GIVEN,
    }
    assert coded(ras(ORDER, rxa(), PIGGYBACK))["codes"] == {"96365": 1, "96366": 1}


def test_an_infusion_without_rxa_4_is_an_unknown_stop() -> None:
    """By the standard an empty one is the start; nobody infuses for no time."""
    charges = coded(ras(ORDER, rxa(stop=None), PIGGYBACK))
    assert (charges["status"], charges["codes"], charges["flags"]) == ("held", {}, {"F-MISSING_STOP"})
    assert coded(ras(ORDER, rxa(stop=None), IV))["flags"] == {"F-MISSING_STOP"}


def test_the_stop_may_come_with_the_next_message() -> None:
    """Which was recorded later, so it replaces the first word, whichever arrives first."""
    start = ras(ORDER, rxa(stop=None, f22=clock("0801")), PIGGYBACK)
    whole = ras(ORDER, rxa(f21="U", f22=clock("0932")), PIGGYBACK, head=header(control="C2"))
    assert coded(start, whole)["codes"] == {"96365": 1, "96366": 1}


def test_a_correction_replaces_what_it_corrects() -> None:
    """RXA-21 U, or simply a later word."""
    first = ras(ORDER, rxa(f22=clock("0932")), PIGGYBACK)
    then = ras(ORDER, rxa(stop="0830", f21="U", f22=clock("1000")), PIGGYBACK, head=header(control="C2"))
    assert coded(first, then)["codes"] == {"96365": 1}


def test_a_deletion_takes_the_administration_back() -> None:
    """Whatever RXA-20 still says beside RXA-21 D."""
    first = ras(ORDER, rxa(), PIGGYBACK)
    gone = ras(ORDER, rxa(f21="D"), PIGGYBACK, head=header(control="C2"))
    assert coded(first, gone) == {"status": "final", "codes": {}, "flags": set()}


@pytest.mark.parametrize("fields", [{"f20": "RE"}, {"f20": "NA"}, {"f20": "", "f18": "01^nausea^L"}])
def test_refused_and_not_given_are_no_administration(fields: dict[str, str]) -> None:
    """RXA-18 alone says so too."""
    ((kind, event),) = told(read(ras(ORDER, rxa(**fields), PIGGYBACK)))
    assert (kind, event["administration_id"]) == ("administration_voided", "O1-1")
    assert coded(ras(ORDER, rxa(**fields), PIGGYBACK))["codes"] == {}


def test_what_was_refused_and_then_given_counts() -> None:
    """The update says so; a further update may take it back again."""
    refused = ras(ORDER, rxa(f20="RE", f22=clock("0801")), PIGGYBACK)
    given = ras(ORDER, rxa(f21="U", f22=clock("0932")), PIGGYBACK, head=header(control="C2"))
    after_all = ras(ORDER, rxa(f20="NA", f21="U", f22=clock("1000")), PIGGYBACK, head=header(control="C3"))
    assert coded(refused, given)["codes"] == {"96365": 1, "96366": 1}
    assert coded(refused, given, after_all)["codes"] == {}


def test_a_refusal_beside_complete_is_held() -> None:
    """Nobody knows which of the two is true."""
    conversion = read(ras(ORDER, rxa(f18="01^refused"), PIGGYBACK))
    assert [reject.field for reject in conversion.rejects] == ["RXA-18"]
    assert coded(ras(ORDER, rxa(f18="01^refused"), PIGGYBACK))["flags"] == {"F-REFUSED_EVENT"}


def test_ivp_is_a_push_in_table_0165_and_a_pump_in_0164() -> None:
    """The same letters, by the field and by the coding system."""
    equal = rxa(stop="0800")
    assert coded(ras(ORDER, equal, PUSH))["codes"] == {"96374": 1}
    for pump in ("RXR|IV||IVP", "RXR|IV|||IVP^IV Pump^HL70164"):
        assert coded(ras(ORDER, equal, pump))["codes"] == {}, pump
        assert coded(ras(ORDER, rxa(), pump))["codes"] == {"96365": 1, "96366": 1}
    assert coded(ras(ORDER, equal, "RXR|IV||IVP^IV Push^HL70165"))["codes"] == {"96374": 1}
    assert told(read(ras(ORDER, rxa(stop=None), "RXR|IV||IVP^IV Push")))[0][1].get("technique") is None


def test_equal_times_are_a_moment() -> None:
    """A push on a vein, unless something says infusion or the site would rather be asked."""
    assert coded(ras(ORDER, rxa(stop="0800"), IV))["codes"] == {"96374": 1}
    assert coded(ras(ORDER, rxa(stop="0800"), PIGGYBACK))["status"] == "held"
    asking = SITE.model_copy(update={"equal_times": "ask"})
    assert coded(ras(ORDER, rxa(stop="0800"), IV), site=asking)["status"] == "held"
    assert coded(ras(ORDER, rxa(stop="0800"), IM))["codes"] == {"96372": 1}
    assert coded(ras(ORDER, rxa(stop=None), IM))["codes"] == {"96372": 1}


@pytest.mark.parametrize(
    ("drug", "route"),
    [
        ("^ceftriaxone 1 g in 50 mL IVPB", IM),
        ("^ceftriaxone", "RXR|IM|||IVPB"),
        ("^ceftriaxone", "RXR|IM|||IVP^IV Push^HL70165"),
    ],
)
def test_a_text_that_contradicts_the_route_is_held(drug: str, route: str) -> None:
    """It is a piggyback or an injection, and a person says which."""
    for stop in ("0831", None, "0800"):
        charges = coded(ras(ORDER, rxa(stop=stop, f5=drug), route))
        assert (charges["status"], charges["codes"]) == ("held", {})


def test_several_rxa_share_the_rxr_behind_them() -> None:
    """And each is an administration."""
    both = ras(ORDER, rxa(f2="1"), rxa("0931", "1031", f2="2"), PIGGYBACK)
    assert [(event["administration_id"], event["route"]) for _, event in told(read(both))] == [
        ("O1-1", "IV"),
        ("O1-2", "IV"),
    ]
    assert coded(both)["codes"] == {"96365": 1, "96366": 2}


def test_two_drugs_under_one_number_are_two_administrations() -> None:
    """The second does not replace the first."""
    both = ras(ORDER, rxa(), IV, rxa(f5="^magnesium sulfate"), IV)
    assert [event["administration_id"] for _, event in told(read(both))] == ["O1-1", "O1-1~2"]


@pytest.mark.parametrize(
    ("segments", "routes"),
    [
        ([ORDER, IV, rxa()], ["IV"]),
        ([ORDER, "RXE||^ceftriaxone", IM, rxa(), IV], ["IV"]),
        ([ORDER, IM, rxa(), IV, rxa(f2="2")], ["IM", "IV"]),
        ([ORDER, rxa(), IV, rxa(f2="2")], ["IV", "IV"]),
        ([ORDER, rxa(), IM, "ORC|RE|O2", rxa(), IV], ["IM", "IV"]),
        ([rxa(), IV], ["IV"]),
        ([ORDER, IV, IM, rxa()], ["IV / IM"]),
    ],
    ids=[
        "in front",
        "of the order and its own",
        "each in front",
        "none of its own",
        "two orders",
        "no order",
        "two routes",
    ],
)
def test_the_rxr_may_stand_in_front_or_behind(segments: list[str], routes: list[str]) -> None:
    """The administration's own before the order's."""
    assert [event["route"] for _, event in told(read(ras(*segments)))] == routes


def test_a_further_rxa_with_another_rate_is_a_change_of_rate() -> None:
    """By the standard RXA-3 is then when it changed; the last one brings the stop."""
    change = ras(
        ORDER,
        rxa("0800", None, f12="100 mL/hr"),
        rxa("0900", None, f2="2", f12="150 mL/hr"),
        rxa("1000", "1030", f2="3", f12="50 mL/hr"),
        PIGGYBACK,
    )
    kinds = [(kind, event["administration_id"]) for kind, event in told(read(change))]
    assert kinds == [
        ("administration_charted", "O1-1"),
        ("infusion_rate_changed", "O1-1"),
        ("administration_charted", "O1-3"),
    ]
    assert coded(change)["codes"] == {"96365": 1, "96366": 1}


EPIC = SITE.model_copy(update={"senders": (Sender(application="EMAR", mar_action=("RXA-9",)),)})


def action(time: str, text: str, sub_id: int, **fields: str) -> bytes:
    """Return one action of the record of an infusion, as a message of its own."""
    sent = header(control=f"A{sub_id}{fields.get('f21', '')}{time}")
    return ras(ORDER, rxa(time, None, f2=str(sub_id), f9=text, f20="", **fields), IV, head=sent)


def test_the_actions_of_a_record_make_one_infusion() -> None:
    """New bag, rate change, next bag, pause, restart, stop: 60 + 30 minutes."""
    actions = [
        action("0800", "New Bag", 1, f12="125 mL/hr"),
        action("0830", "^Rate Change", 2, f12="100 mL/hr"),
        action("0845", "New Bag", 3),
        action("0900", "Paused", 4),
        action("0930", "Restarted", 5),
        action("0940", "Rate Verify", 6),
        action("1000", "Stopped", 7),
    ]
    for site in (SITE, EPIC):
        assert coded(*actions, site=site)["codes"] == {"96365": 1}
    assert coded(*actions[:-1])["flags"] == {"F-MISSING_STOP"}
    verified = read(actions[5])
    assert (verified.events, verified.rejects) == ((), ())


def test_a_stop_that_tells_both_times_rules_no_pause_out() -> None:
    """Its times are the outer ones: 30 + 30 minutes of flow, not the 120 between them."""
    stop = ras(ORDER, rxa("0800", "1000", f2="7", f9="Stopped", f20=""), IV, head=header(control="S7"))
    actions = [action("0800", "New Bag", 1), action("0830", "Paused", 4), action("0930", "Restarted", 5)]
    assert coded(*actions, stop)["codes"] == {"96365": 1}


def test_the_lumen_and_the_role_of_who_gave_it_are_told() -> None:
    """RXR-5, and of RXA-10 the degree alone; the name and the number stay where they are."""
    route = f"{IV}||||Distal^Distal lumen"
    raw = ras(ORDER, rxa(f10="123^DOE^JANE^^^RN"), route)
    (event,) = read(raw).events
    assert (event["charted_by_role"], event["lumen"]) == ("nurse", "distal")
    assert "DOE" not in str(event)
    assert read(ras(ORDER, rxa(f10="123^DOE^JANE"), route)).events[0].get("charted_by_role") is None


def test_both_ends_of_a_record_may_be_corrected() -> None:
    """Each correction is a message of its own."""
    told_first = [action("0800", "New Bag", 1), action("0931", "Stopped", 2)]
    stop = action("0941", "Stopped", 2, f21="U", f22=clock("1100"))
    start = action("0830", "New Bag", 1, f21="U", f22=clock("1101"))
    assert coded(*told_first)["codes"] == {"96365": 1, "96366": 1}
    assert coded(*told_first, start)["codes"] == {"96365": 1}
    assert coded(*told_first, stop, start)["codes"] == {"96365": 1}
    assert coded(*told_first, stop)["codes"] == {"96365": 1, "96366": 1}


def test_an_action_inside_an_infusion_that_is_taken_back_holds_the_stay() -> None:
    """Which event it was the message does not tell."""
    actions = [action("0800", "New Bag", 1), action("0900", "Paused", 2), action("1000", "Stopped", 3)]
    conversion = read(action("0900", "Paused", 2, f21="D"))
    assert [reject.field for reject in conversion.rejects] == ["RXA-21"]
    assert "F-REFUSED_EVENT" in coded(*actions, action("0900", "Paused", 2, f21="D"))["flags"]


def test_given_with_a_route_into_a_muscle_or_a_push() -> None:
    """The action does not say how; the route does."""
    assert coded(ras(ORDER, rxa(stop=None, f20="Given"), PUSH))["codes"] == {"96374": 1}
    assert coded(ras(ORDER, rxa(stop=None, f20="Given"), IM))["codes"] == {"96372": 1}
    assert coded(ras(ORDER, rxa(stop=None, f20="Given"), IV))["flags"] == {"F-MISSING_STOP"}
    assert coded(ras(ORDER, rxa(f20="Missed"), IV))["codes"] == {}


def test_an_action_nobody_knows_is_refused() -> None:
    """The site file says what it means."""
    strange = ras(ORDER, rxa(f20="Verabreicht"), PUSH)
    (reject,) = read(strange).rejects
    assert reject.field == "RXA-20"
    assert "mar_actions" in reject.remedy
    own = SITE.model_copy(update={"mar_actions": {"verabreicht": "given"}})
    assert coded(ras(ORDER, rxa(stop="0800", f20="Verabreicht"), PUSH), site=own)["codes"] == {"96374": 1}


def test_a_planned_stop_is_no_stop() -> None:
    """It lies behind the message that brings it."""
    planned = ras(ORDER, rxa(f22=clock("0801")), PIGGYBACK)
    conversion = read(planned)
    assert "stopped_at" not in conversion.events[0]
    assert [note.place for note in conversion.notes] == ["RXA-4"]
    assert coded(planned)["flags"] == {"F-MISSING_STOP"}


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"f3": "20260302"}, "RXA-3"),
        ({"f3": ""}, "RXA-3"),
        ({"f3": "03/02/2026 08:00"}, "RXA-3"),
        ({"f4": "20260302"}, "RXA-4"),
        ({"f4": "20260308023000"}, "RXA-4"),
        ({"f3": "20261101013000", "f4": ""}, "RXA-3"),
        ({"f22": "03/02/2026"}, "RXA-22"),
        ({"f21": "Q"}, "RXA-21"),
        ({"f9": "^Missed"}, "RXA-9"),
        ({"f20": "", "f19": "RE"}, "RXA-19"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field_and_holds_the_stay(
    fields: dict[str, str], place: str
) -> None:
    """The rest of the message is read all the same."""
    conversion = read(ras(ORDER, rxa(**fields), PIGGYBACK))
    assert [reject.field for reject in conversion.rejects] == [place]
    assert coded(ras(ORDER, rxa(**fields), PIGGYBACK))["flags"] == {"F-REFUSED_EVENT"}
    two = read(ras(ORDER, rxa(**fields), rxa("1000", "1100", f2="2"), PIGGYBACK))
    assert [reject.field for reject in two.rejects] == [f"{place} of RXA 1"]
    assert [event["type"] for event in two.events] == ["event_refused", "administration_charted"]


def test_every_reason_counts_and_of_each_its_icd_code() -> None:
    """RXA-19 repeats, and a coded element has two codings; a name beside a code is the code's own."""
    reasons = "Z51.11^Chemotherapy visit^I10~34095006^Dehydration^SCT^E86.0^Dehydration^I10C~~vomiting^^L"
    (event,) = read(ras(ORDER, rxa(f19=reasons), PIGGYBACK)).events
    assert event["indication"] == "Z51.11; E86.0; vomiting"


def test_without_a_stay_or_with_a_header_that_cannot_be_read_nothing_is_told() -> None:
    """There is nobody to tell it of."""
    nameless = message(header(), segment_without_stay(), ORDER, rxa(), IV)
    assert [reject.field for reject in read(nameless).rejects] == ["PV1-19"]
    us = ras(ORDER, rxa(), IV, head=header(f7="03/02/2026 09:35:00"))
    conversion = read(us)
    assert [(reject.field, reject.says) for reject in conversion.rejects] == [
        ("MSH-7", "a date as written in the US, not an HL7 time")
    ]
    assert [event["type"] for event in conversion.events] == ["event_refused"]
    assert [reject.field for reject in read(ras(ORDER)).rejects] == ["RXA"]


def segment_without_stay() -> str:
    """Return a PID that names no account."""
    return PID.rpartition("|")[0]


def test_the_stay_is_the_visit_or_the_account_as_the_site_says() -> None:
    """The first of its fields that holds anything."""
    account = SITE.model_copy(update={"encounter": ("PID-18", "PV1-19"), "encounter_prefix": "GH-"})
    assert read(ras(ORDER, rxa(), IV), account).events[0]["encounter_id"] == "GH-A0001"
    unvisited = ras(ORDER, rxa(), IV, pv1=visit(f19=""))
    assert read(unvisited).events[0]["encounter_id"] == "A0001"


@pytest.mark.parametrize(
    ("field", "drug"),
    [
        ("0143-9634-01^nicardipine^NDC", {"code": "0143-9634-01", "system": "ndc", "name": "nicardipine"}),
        ("X1^saline^L^2193^ceftriaxone^RXN", {"code": "2193", "system": "rxnorm", "name": "saline"}),
        ("2193^ceftriaxone^2.16.840.1.113883.6.88", DRUG),
        ("^ceftriaxone", {"name": "ceftriaxone"}),
        ("J0696^ceftriaxone^HCPCS", {"code": "J0696", "system": "hcpcs", "name": "ceftriaxone"}),
        ("L9^ceftriaxone^LOCAL", {"code": "L9", "system": "local", "name": "ceftriaxone"}),
    ],
)
def test_drugs_are_named_by_the_code_a_rulebook_knows(field: str, drug: dict[str, str]) -> None:
    """NDC, RxNorm and HCPCS before a code of the house."""
    assert read(ras(ORDER, rxa(f5=field), IV)).events[0]["drug"] == drug


def test_what_was_ordered_speaks_where_rxa_5_is_silent() -> None:
    """With the parts of a mixed bag."""
    order = [
        ORDER,
        "RXE||B7^lactated ringers with potassium^L",
        "RXC|B|B1^lactated ringers^L",
        "RXC|A|B2^potassium chloride^L",
    ]
    drug = read(ras(*order, rxa(f5=""), IV)).events[0]["drug"]
    assert drug["name"] == "lactated ringers with potassium"
    assert [part["name"] for part in drug["ingredients"]] == ["lactated ringers", "potassium chloride"]
    assert "ingredients" not in read(ras(*order, rxa(), IV)).events[0]["drug"]


@pytest.mark.parametrize(
    ("fields", "amounts"),
    [
        ({"f6": "250", "f7": "mL"}, {"volume_ml": 250}),
        ({"f6": "1.5", "f7": "L"}, {"volume_ml": 1500}),
        ({"f6": "125", "f7": "mL/hr"}, {"rate_ml_per_h": 125}),
        ({"f12": "2 mL/min"}, {"dose": 1, "dose_unit": "g", "rate_ml_per_h": 120}),
        ({"f12": "100mg/min"}, {"dose": 1, "dose_unit": "g"}),
        ({"f23": "100", "f24": "mL"}, {"dose": 1, "dose_unit": "g", "volume_ml": 100}),
        ({"f6": "999", "f7": "g"}, {}),
        ({"f6": "much", "f7": "g"}, {}),
        ({"f6": "-1", "f7": "g"}, {}),
    ],
)
def test_amounts_are_told_by_their_units(fields: dict[str, str], amounts: dict[str, Any]) -> None:
    """What has none is no rate."""
    event = read(ras(ORDER, rxa(**fields), IV)).events[0]
    names = ("dose", "dose_unit", "volume_ml", "rate_ml_per_h")
    assert {name: event[name] for name in names if name in event} == amounts


def test_ids_tell_two_facts_apart_and_know_one_that_is_sent_again() -> None:
    """Two messages may share MSH-10; a resend is one event."""
    sent = ras(ORDER, rxa(), IV)
    other = ras(ORDER, rxa("1000", "1100", f2="2"), IV)
    assert read(sent).events[0]["event_id"] == read(sent).events[0]["event_id"]
    assert read(sent).events[0]["event_id"] != read(other).events[0]["event_id"]
    assert (
        read(sent).events[0]["event_id"]
        != read(ras(ORDER, rxa(), IV, head=header(f4="OTHER"))).events[0]["event_id"]
    )


@pytest.mark.parametrize("processing", ["T", "D"])
def test_training_and_debugging_reach_no_bill(processing: str) -> None:
    """MSH-11."""
    conversion = read(ras(ORDER, rxa(), IV, head=header(f11=processing)))
    assert (conversion.events, conversion.rejects) == ((), ())
    assert conversion.ignored == f"processing id {processing}"


@pytest.mark.parametrize("kind", ["VXU^V04", "RDS^O13", "BAR^P01", "MDM^T02", "ORU^R30", "DFT^P03", "ACK"])
def test_other_kinds_are_ignored_by_name(kind: str) -> None:
    """A vaccine's RXA is not ours."""
    conversion = read(ras(ORDER, rxa(), IV, head=header(kind)))
    assert (conversion.events, conversion.rejects, conversion.ignored) == ((), (), kind)


def test_without_a_route_nothing_is_taken_for_a_push() -> None:
    """Equal times say a moment, and no word says where."""
    charges = coded(ras(ORDER, rxa(stop="0800")))
    assert (charges["status"], charges["codes"]) == ("held", {})
