"""Pumps and their patients: what each word comes to, how a delivery is linked, and what waits for a link."""

from typing import Any

import pytest
from pump_wire import order, pump, report
from wire import SITE, adt, header, message, ras, rxa, segment, short, visit

from streams.feeds.association import Associations, is_unlinked
from streams.feeds.association_state import State
from streams.feeds.read_wire import convert
from streams.feeds.site_mapping import SiteMapping

PATIENT = "PID|1||T0001^^^GH^MR"
SECRET = b"sixteen letters at least"


class Feed:
    """A facility's feed, read message by message."""

    def __init__(self, site: SiteMapping = SITE, secret: bytes | None = None) -> None:
        self.linker, self.site, self.secret = Associations(), site, secret
        self.state: State = self.linker.restored(())
        self.entries: dict[bytes, bytes] = {}
        self.events: list[dict[str, Any]] = []
        self.rejects: list[str] = []

    def read(self, *messages: bytes, at: int = 1_772_450_000) -> "Feed":
        """Read messages in this order."""
        for one in messages:
            linked = self.linker.link(self.state, convert(one, "hl7v2", self.site, self.secret), at)
            for name, value in linked.changes.items():
                if value is None:
                    self.entries.pop(name, None)
                else:
                    self.entries[name] = value
            self.events += map(dict, linked.conversion.events)
            self.rejects += [reject.reason for reject in linked.conversion.rejects]
            assert linked.conversion.events or linked.conversion.rejects or linked.conversion.ignored
        return self

    def restarted(self) -> "Feed":
        """Return the same feed, read on from what was written."""
        again = Feed(self.site, self.secret)
        again.state = again.linker.restored(self.entries.items())
        again.entries = dict(self.entries)
        again.events, again.rejects = self.events, self.rejects
        return again

    def standing(self, source: str = "pump") -> list[dict[str, Any]]:
        """Return the pump's events that nothing took back, in the order of their times."""
        gone = {event.get("voids_event_id") for event in self.events}
        kept = [
            event
            for event in self.events
            if event["source"] == source and event["type"] != "event_voided" and event["event_id"] not in gone
        ]
        return sorted(kept, key=lambda event: (event["occurred_at"], event["type"]))

    def told(self) -> list[str]:
        """Return those in short: type, clock time, rate or reason or volume."""
        lines = []
        for event in self.standing():
            extra = [str(event[name]) for name in ("rate_ml_per_h", "reason", "volume_ml") if name in event]
            lines.append(" ".join([event["type"], event["occurred_at"][11:16], *extra[:1]]))
        return lines


def told(*messages: bytes) -> list[str]:
    """Return what a pump's messages come to, its order known."""
    return Feed().read(order(), *messages).told()


def test_a_start_and_a_completion_are_one_infusion() -> None:
    """With the order's drug, route and number, and the pump's id."""
    feed = Feed().read(
        order(), pump("start", "0800", total=0, rate=100, vtbi=50), pump("complete", "0831", "not-delivering")
    )
    assert feed.told() == ["infusion_started 08:00 100", "infusion_stopped 08:31 completed"]
    start = feed.standing()[0]
    assert short(start) == {
        "administration_id": "pump-P100.1-20260302T130000Z", "order_id": "O1", "charted_by_role": "device",
        "drug": {"code": "2193", "system": "rxnorm", "name": "ceftriaxone"}, "route": "IV", "technique": "infusion",
        "rate_ml_per_h": 100, "volume_ml": 50, "device_id": "P100",
    }  # fmt: skip
    assert (start["encounter_id"], start["recorded_at"]) == ("V1", "2026-03-02T08:00:00-05:00")
    assert feed.rejects == []


@pytest.mark.parametrize(
    ("messages", "events"),
    [
        pytest.param(
            [
                pump("start", "0800", total=0, rate=100),
                pump("stop", "0820", "not-delivering", reason="by-clinician", total=30),
                pump("start", "0830", total=30, rate=100),
                pump("complete", "0850", "not-delivering"),
            ],
            ["infusion_started 08:00 100", "infusion_paused 08:20", "infusion_resumed 08:30", "infusion_stopped 08:50 completed"],
            id="pause",
        ),
        pytest.param(
            [
                pump("start", "0800", total=0, rate=100),
                pump("stop", "0820", "transitioning", total=30, rate=100),
                pump("start", "0820", total=30, rate=120),
                pump("complete", "0850", "not-delivering"),
            ],
            ["infusion_started 08:00 100", "infusion_rate_changed 08:20 120", "infusion_stopped 08:50 completed"],
            id="rate change",
        ),
        pytest.param(
            [
                pump("start", "0800", total=0, rate=100),
                pump("complete", "0831", "transitioning"),
                pump("start", "0831", "kvo", rate=2),
                pump("stop", "0900", "not-delivering", reason="by-clinician"),
            ],
            ["infusion_started 08:00 100", "infusion_stopped 08:31 kvo"],
            id="keeping the vein open is no treatment",
        ),
        pytest.param(
            [pump("start", "0800", total=0, rate=100), pump("start", "0831", "kvo", rate=2)],
            ["infusion_started 08:00 100", "infusion_stopped 08:31 kvo"],
            id="the completion in front of KVO is lost",
        ),
        pytest.param(
            [
                pump("start", "0800", total=0, rate=100),
                pump("stop", "0810", "not-delivering", reason="alarming", total=10),
                pump("start", "0812", total=10, rate=100),
            ],
            ["infusion_started 08:00 100", "infusion_paused 08:10", "infusion_resumed 08:12"],
            id="alarm",
        ),
        pytest.param(
            [
                pump("start", "0800", total=0, rate=100),
                pump("stop", "0810", "transitioning", total=10),
                pump("start", "0810", source="clinician", rate=500),
                pump("stop", "0812", "transitioning", source="clinician", segment=15),
                pump("start", "0812", total=25, rate=100),
                pump("complete", "0850", "not-delivering"),
            ],
            ["infusion_started 08:00 100", "infusion_bolus 08:10 15", "infusion_stopped 08:50 completed"],
            id="a bolus out of the bag is part of the infusion",
        ),
        pytest.param(
            [
                pump("start", "0800", source="loading", total=0, rate=500),
                pump("stop", "0805", "transitioning", source="loading", segment=40),
                pump("start", "0805", rate=100, total=40),
            ],
            ["infusion_bolus 08:00 40", "infusion_started 08:00", "infusion_rate_changed 08:05 100"],
            id="a loading dose opens the infusion",
        ),
        pytest.param(
            [
                pump("start", "0800", total=0, rate=100),
                pump("stop", "0810", "not-delivering", reason="by-clinician", total=10),
                pump("start", "0815", total=0, rate=80),
            ],
            ["infusion_started 08:00 100", "infusion_paused 08:10", "infusion_started 08:15 80"],
            id="another library, another delivery",
        ),
        pytest.param(
            [
                pump("start", "0800", total=0, rate=100),
                pump("stop", "0810", "not-delivering", reason="by-clinician"),
                pump("cleared", "0812", "not-delivering"),
            ],
            ["infusion_started 08:00 100", "infusion_paused 08:10", "infusion_stopped 08:12"],
            id="program cleared",
        ),
        pytest.param([pump("stop", "0810", "not-delivering")], ["infusion_stopped 08:10"], id="a stop without a start"),
        pytest.param(
            [pump("start", "0800", total=0, rate=100), pump("comm", "0810")],
            ["infusion_started 08:00 100"],
            id="a lost connection says nothing",
        ),
        pytest.param(
            [
                pump("stop", "0831", "not-delivering", reason="by-clinician", control="DUP", total=50),
                pump("complete", "0831", "not-delivering", control="DUP", total=50),
                pump("start", "0800", total=0, rate=100),
            ],
            ["infusion_started 08:00 100", "infusion_stopped 08:31 completed"],
            id="a stop and a completion share their control id",
        ),
    ],
)  # fmt: skip
def test_scenarios(messages: list[bytes], events: list[str]) -> None:
    """IHE IPEC, table X.1.2.1-4; each also backwards and doubled."""
    assert told(*messages) == events
    assert told(*messages[::-1]) == events
    assert told(*messages, *messages) == events


def test_a_secondary_source_is_an_administration_of_its_own() -> None:
    """The primary one is paused meanwhile."""
    feed = Feed().read(
        order(),
        pump("start", "0800", total=0, rate=100),
        pump("stop", "0810", "not-delivering", reason="switching-source", total=10),
        pump(
            "start",
            "0810",
            source="secondary",
            drug="vancomycin",
            rate=200,
            program="PRG2",
            order="O2",
            total=0,
        ),
        pump(
            "complete",
            "0840",
            "not-delivering",
            source="secondary",
            drug="vancomycin",
            program="PRG2",
            order="O2",
        ),
        pump("start", "0840", total=10, rate=100),
        order("O2", drug="11124^vancomycin^RXNORM"),
    )
    assert [(event["administration_id"], event["type"]) for event in feed.standing()] == [
        ("pump-P100.1-20260302T130000Z", "infusion_started"),
        ("pump-P100.1-20260302T130000Z", "infusion_paused"),
        ("pump-P100.1-secondary-20260302T131000Z", "infusion_started"),
        ("pump-P100.1-20260302T130000Z", "infusion_resumed"),
        ("pump-P100.1-secondary-20260302T131000Z", "infusion_stopped"),
    ]
    assert feed.standing()[2]["drug"]["name"] == "vancomycin"


def test_a_clock_that_was_set_holds_what_ran() -> None:
    """And nothing that had ended before."""
    feed = Feed().read(
        order(), pump("start", "0700", total=0), pump("complete", "0730", "not-delivering"),
        pump("start", "0800", total=0), pump("clock", "0810"), pump("complete", "0831", "not-delivering"),
    )  # fmt: skip
    refused = [event for event in feed.standing() if event["type"] == "event_refused"]
    assert len(refused) == 1
    assert "20260302T130000Z" in refused[0]["reason"]


def test_reports_give_a_start_and_a_stop() -> None:
    """Where two of them differ."""
    assert told(
        report("0759", "not-delivering"), report("0800", rate=100), report("0801", rate=100), report("0802", rate=120),
        report("0803", "not-delivering"),
    ) == ["infusion_started 08:00 100", "infusion_rate_changed 08:02 120", "infusion_paused 08:03"]  # fmt: skip


def test_a_report_tells_of_every_channel() -> None:
    """Each with its own drug; what one does not say is not taken from another."""
    both = report("0800", rate=100, total=0).decode().rstrip("\r").split("\r")
    second = [
        line.replace("|1.1.", "|1.2.").replace("ceftriaxone", "vancomycin").replace("|100|", "|50|")
        for line in both
        if line.startswith("OBX") and "MDC_DEV_PUMP_INFUS_LVP_MDS" not in line
    ]
    feed = Feed().read(message(*both, *second), order())
    assert [
        (event["administration_id"], event["drug"]["name"], event["rate_ml_per_h"])
        for event in feed.standing()
    ] == [
        ("pump-P100.1-20260302T130000Z", "ceftriaxone", 100),
        ("pump-P100.2-20260302T130000Z", "vancomycin", 50),
    ]


def test_without_reports_nobody_saw_it_flow() -> None:
    """The stop is capped a period after the last report; a site whose pumps report changes alone says so."""
    told_of = [report("0800"), report("0801"), report("0930", "not-delivering")]
    assert told(*told_of) == ["infusion_started 08:00", "infusion_paused 08:02"]
    on_change = SITE.model_copy(update={"pumps": SITE.pumps.model_copy(update={"report_seconds": 0})})
    assert Feed(on_change).read(order(), *told_of).told() == [
        "infusion_started 08:00",
        "infusion_paused 09:30",
    ]
    again = [report("0800"), report("0801"), report("0900"), report("0901", "not-delivering")]
    assert told(*again) == [
        "infusion_started 08:00", "infusion_paused 08:02", "infusion_resumed 09:00", "infusion_paused 09:01",
    ]  # fmt: skip


def test_events_outweigh_reports_of_the_same_program() -> None:
    """The pump sends both."""
    assert told(report("0801"), pump("start", "0800", total=0), report("0802"), pump("complete", "0831", "not-delivering")) == [
        "infusion_started 08:00", "infusion_stopped 08:31 completed",
    ]  # fmt: skip


def test_what_is_not_linked_waits_and_is_told_of_once() -> None:
    """It is linked when the order comes, whatever came before."""
    feed = Feed().read(
        pump("start", "0800", total=0, bed="ED1^1^7"), pump("complete", "0831", "not-delivering")
    )
    assert feed.events == []
    (said,) = feed.rejects
    assert said == (
        "pump: unlinked pump: tried order (of OBR-2, not known), association (PV1 and PID name nobody that "
        "is known), bed (no stay in it then); send the order, or the patient's bed; it is linked as soon as one of them comes"
    )
    assert feed.state.unlinked == 1
    feed = feed.restarted().read(pump("start", "0800", total=0, bed="ED1^1^7"))
    assert len(feed.rejects) == 2, "what is replayed and still not linked goes back to its place"
    feed.read(order())
    assert feed.told() == ["infusion_started 08:00", "infusion_stopped 08:31 completed"]
    assert (feed.state.unlinked, len(feed.rejects)) == (0, 2)


BED = visit(f3="ED1^1^1^GH")
ELSEWHERE = visit(f3="OBS^4^2^GH")


@pytest.mark.parametrize(
    ("messages", "stay"),
    [
        pytest.param([adt("A04", pv1=BED)], "V1", id="in the bed"),
        pytest.param([adt("A04", pv1=BED), adt("A02", pv1=ELSEWHERE, f6="20260302075000-0500")], None, id="moved away before"),
        pytest.param([adt("A04", pv1=BED), adt("A02", pv1=ELSEWHERE, f6="20260302081000-0500")], "V1", id="moved away later"),
        pytest.param([adt("A04", pv1=ELSEWHERE), adt("A02", pv1=BED, f6="20260302075000-0500")], "V1", id="moved in"),
        pytest.param([adt("A04", pv1=BED), adt("A03", pv1=visit(f3="ED1^1^1^GH", f45="20260302070000-0500"))], None, id="left"),
        pytest.param([adt("A04", pv1=BED), adt("A11", pv1=BED)], None, id="never there"),
        pytest.param([adt("A04", pv1=BED), adt("A04", pv1=visit(f3="ED1^1^1^GH", f19="V2"))], None, id="two in one bed"),
        pytest.param([adt("A05", pv1=BED)], None, id="expected"),
        pytest.param([adt("A04", pv1=visit(f3="ED1"))], None, id="a ward is no bed"),
    ],
)  # fmt: skip
def test_a_bed_links_what_nothing_else_does(messages: list[bytes], stay: str | None) -> None:
    """Whether the bed is told before the pump or after it."""
    at_six = segment("EVN", f2="20260302060000-0500")
    told_at_six = [one.replace(b"EVN||20260302120100-0500\r", f"{at_six}\r".encode()) for one in messages]
    pumped = pump("start", "0800", total=0, order="", bed="ED1^1^1")
    for arrival in ([*told_at_six, pumped], [pumped, *told_at_six], [pumped, *told_at_six[::-1]]):
        feed = Feed().read(*arrival)
        assert {event["encounter_id"] for event in feed.standing()} == ({stay} if stay else set())


def test_the_order_outweighs_the_bed_whenever_it_comes() -> None:
    """What was sent of the wrong stay is taken back there, and told where it belongs."""
    feed = Feed().read(
        adt("A04", pv1=visit(f3="ED1^1^1^GH", f19="V9", f44="20260302060000-0500")),
        pump("start", "0800", total=0, bed="ED1^1^1"),
    )
    (first,) = feed.standing()
    assert (first["encounter_id"], first.get("route")) == ("V9", None)
    feed.restarted().read(order())
    void = next(event for event in feed.events if event["type"] == "event_voided")
    assert (void["encounter_id"], void["voids_event_id"]) == ("V9", first["event_id"])
    assert [event["encounter_id"] for event in feed.standing()] == ["V1"]


@pytest.mark.parametrize(
    ("sent", "linked"),
    [
        pytest.param(order("O7"), True, id="the last order that was sent to the pump"),
        pytest.param(order("O7", device="P999"), False, id="to another pump"),
        pytest.param(order("O7", drug="11124^vancomycin^RXNORM"), False, id="of another drug"),
        pytest.param(order("O7", at="0900"), False, id="later"),
        pytest.param(order("O7", drug=""), False, id="of no drug that is named"),
        pytest.param(order("O7", control="CA"), False, id="cancelled"),
        pytest.param(order("O7", visit=""), False, id="of nobody"),
    ],
)
def test_an_order_is_found_by_the_pump_it_was_sent_to(sent: bytes, linked: bool) -> None:  # noqa: FBT001 - a case's
    """Where the pump echoes none."""
    feed = Feed().read(pump("start", "0800", total=0, order="PRG1"), sent)
    assert [(event["encounter_id"], event["order_id"]) for event in feed.standing()] == (
        [("V1", "O7")] if linked else []
    )


def test_a_pump_that_moved_on_is_not_the_last_orders() -> None:
    """Its order's patient lies in another bed, whichever of the three is told first."""
    there = adt("A04", pv1=visit(f3="OBS^4^2^GH", f44="20260302060000-0500"))
    sent, pumped = order("O7"), pump("start", "0800", total=0, order="", bed="ED1^1^1")
    for arrival in ([there, sent, pumped], [pumped, sent, there], [sent, pumped, there]):
        assert Feed().read(*arrival).standing() == []


def test_a_number_that_is_perhaps_the_pumps_own_is_an_order_where_the_drug_fits() -> None:
    """A pump that writes one number into OBR-2 and OBR-3; its own number alone is never taken for an order."""
    both = pump("start", "0800", total=0, order="O7", program="O7")
    fits, other = order("O7", device=""), order("O7", device="", drug="11124^vancomycin^RXNORM")
    assert [event["order_id"] for event in Feed().read(both, fits).standing()] == ["O7"]
    assert Feed().read(both, other).standing() == []
    assert Feed().read(pump("start", "0800", total=0, order="", program="O7"), fits).standing() == []


def test_a_chart_entry_names_the_stay_of_its_order() -> None:
    """The pump's record then has no route of its own, and supports what the nurse charted."""
    charted = ras("ORC|RE|O1^EMAR|F1^RX", rxa(), "RXR|IV^Intravenous^HL70162")
    for arrival in ([charted, pump("start", "0800", total=0)], [pump("start", "0800", total=0), charted]):
        (start,) = Feed().read(*arrival).standing()
        assert (start["encounter_id"], start["order_id"]) == ("V1", "O1")


def test_an_order_of_two_stays_links_nothing() -> None:
    """Which of them it is, nobody knows."""
    feed = Feed().read(order(), order(visit="V2"), pump("start", "0800", total=0))
    assert feed.standing() == []
    assert "names no stay, or more than one" in feed.rejects[0]


def test_a_patient_links_by_the_stay_there_was_then() -> None:
    """Only under a secret, as a keyed hash; a pump that does not know its patient says so (PID-31)."""
    there = adt("A04", pv1=visit(f44="20260302060000-0500"))
    knows = pump("start", "0800", total=0, order="", pid=PATIENT)
    assert [event["encounter_id"] for event in Feed(secret=SECRET).read(there, knows).standing()] == ["V1"]
    assert [event["encounter_id"] for event in Feed(secret=SECRET).read(knows, there).standing()] == ["V1"]
    assert Feed().read(there, knows).standing() == []
    unknown = pump("start", "0800", total=0, order="", visit="V1")
    assert Feed(secret=SECRET).read(there, unknown).standing() == []
    named = pump("start", "0800", total=0, order="", visit="V1", pid="PID|1")
    assert [event["encounter_id"] for event in Feed().read(named).standing()] == ["V1"]
    of_patient = order(visit="", pid=PATIENT)
    for arrival in ([there, of_patient], [of_patient, there]):
        feed = Feed(secret=SECRET).read(pump("start", "0800", total=0), *arrival)
        assert [event["encounter_id"] for event in feed.standing()] == ["V1"]


def test_two_stays_that_were_merged_are_one_in_their_bed() -> None:
    """The one that stays."""
    here = [
        adt("A04", pv1=visit(f3="ED1^1^1^GH", f19=stay, f44="20260302060000-0500")) for stay in ("V1", "V2")
    ]
    evn = segment("EVN", f2="20260302120100-0500")
    pid = segment("PID", f3="T0001^^^GH^MR", f18="A0001")
    merged = message(
        header("ADT^A42^ADT_A39"),
        evn,
        pid,
        segment("MRG", f1="T0001", f5="V2"),
        visit(f3="ED1^1^1^GH", f19="V1"),
    )
    feed = Feed().read(*here, pump("start", "0800", total=0, order="", bed="ED1^1^1"))
    assert feed.standing() == []
    feed.read(merged)
    assert [event["encounter_id"] for event in feed.standing()] == ["V1"]


def test_entries_are_small_and_age_out() -> None:
    """A message writes what it changed; an hour without a word about anything old forgets it."""
    feed = Feed().read(order(), pump("start", "0800", total=0), adt("A04", pv1=BED))
    assert sorted(name[:1] for name in feed.entries) == [b"e", b"o", b"p"]
    assert all(len(value) < 900 for value in feed.entries.values())
    after = 1_772_450_000 + 61 * 86400
    feed.read(pump("start", "0801", total=0, device="P200", program="PRG9"), at=after)
    assert sorted(feed.entries) == [b"p|P200|1|primary|PRG9"]
    assert [*feed.state.orders, *feed.state.stays] == []


def test_a_minutely_report_writes_little() -> None:
    """Eight hours of them are one entry of a few kilobytes, and read back they are the same."""
    clocks = [f"{hour:02}{minute:02}" for hour in range(8, 16) for minute in range(60)]
    feed = Feed().read(order(), *(report(at, rate=100) for at in clocks))
    (entry,) = (value for name, value in feed.entries.items() if name.startswith(b"p"))
    assert len(entry) < 3000
    again = feed.restarted().read(report("1600", "not-delivering"))
    assert again.told() == ["infusion_started 08:00 100", "infusion_paused 16:00"]


def test_medications_are_remembered_for_the_administrations_that_name_them() -> None:
    """A resource posted alone."""
    linker = Associations()
    state = linker.restored(())
    raw = b'{"resourceType": "Medication", "id": "M1", "code": {"text": "ceftriaxone"}, "status": "active"}'
    linked = linker.link(state, convert(raw, "fhir", SITE), 1)
    assert linked.conversion.ignored == "FHIR Medication"
    again = linker.restored([(name, value) for name, value in linked.changes.items() if value is not None])
    assert linker.known(again) == {
        "Medication/M1": {"resourceType": "Medication", "id": "M1", "code": {"text": "ceftriaxone"}}
    }


def test_the_reject_of_an_unlinked_pump_is_known_as_such() -> None:
    """The command line waits with it for the end of its inputs."""
    conversion = convert(pump("start", "0800"), "hl7v2", SITE)
    linker = Associations()
    (reject,) = linker.link(linker.restored(()), conversion, 1).conversion.rejects
    assert is_unlinked(reject)


def test_a_word_that_is_refused_is_told_to_its_stay() -> None:
    """It has no time, so nothing of it is billed, and the stay is not final without it (R-DOC-9)."""
    timeless = pump("stop", "0820", "not-delivering").replace(
        b"20260302082000-0500\rOBX|1|", b"20260302\rOBX|1|"
    )
    feed = Feed().read(pump("start", "0800", total=0), timeless)
    assert [reason.partition(";")[0] for reason in feed.rejects if "OBR-7" in reason] == [
        "OBR-7: only tells the day, so no minutes come from it"
    ]
    feed.read(order())
    assert [event["type"] for event in feed.standing()] == ["event_refused", "infusion_started"]
    assert feed.standing()[0]["encounter_id"] == "V1"


def test_there_is_an_end_to_the_words_of_one_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond is refused, and the stay is held."""
    monkeypatch.setattr("streams.feeds.association_entries.MOST_EVENTS", 2)
    feed = Feed().read(order(), *(pump("start", at, total=0) for at in ("0800", "0801", "0802")))
    assert feed.rejects == ["OBX: more words about one program of a pump than are kept; chart the infusion"]
    assert [event["type"] for event in feed.standing()] == ["event_refused", "infusion_started"]
