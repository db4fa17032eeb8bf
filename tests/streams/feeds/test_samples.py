"""Messages nobody here wrote: each ends as events, as an ignored kind, or as a reject that says why."""

import os
from pathlib import Path

import pytest
from orjson import dumps

from streams.feeds.association import WAITING, Associations, is_unlinked
from streams.feeds.hl7v2.batches import messages
from streams.feeds.read_wire import convert
from streams.feeds.site_mapping import DEFAULT_SITE, SiteMapping
from streams.wire.event_json import read as read_event
from streams.wire.rejects import Reject

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("INFUSION_SHARED", ROOT.parent / "shared"))
FOLDERS = (SHARED / "samples" / "hl7v2", SHARED / "samples" / "made" / "hl7v2")
FILES = [path for folder in FOLDERS for path in sorted(folder.rglob("*")) if path.is_file()]
ZONED = SiteMapping(time_zone="America/New_York")

pytestmark = pytest.mark.skipif(
    not FILES, reason="the samples of other people are not at hand (INFUSION_SHARED)"
)


@pytest.mark.parametrize("site", [DEFAULT_SITE, ZONED], ids=["no site file", "a time zone"])
@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_every_sample_ends_somewhere(path: Path, site: SiteMapping) -> None:
    """Nothing is passed over in silence, and no name of a patient is repeated."""
    raw = path.read_bytes()
    assert list(messages(raw)) or not raw, "only an empty file holds no message; the verb says so"
    for message in messages(raw):
        linker = Associations()
        conversion = linker.link(linker.restored(()), convert(message, "hl7v2", site), 0).conversion
        assert conversion.events or conversion.rejects or conversion.ignored
        for event in conversion.events:
            assert not isinstance(read_event(dumps(event)), Reject)
        said = (
            repr(conversion.rejects)
            + repr(conversion.notes)
            + repr(conversion.ignored)
            + repr(conversion.events)
        )
        for name in _names(message):
            assert name not in said


PUMPS = {
    "pcd01/bbraun_space_during_infusion.hl7": "unlinked",
    "pcd01/ihe_pcd_tf_rev8_vol2_acme_episodic.hl7": "ORU^R01: of no infusion pump",
    "pcd01/ihe_pcd_tf_rev8_vol2_philips_monitor.hl7": "ORU^R01: of no infusion pump",
    "pcd03_piv/bbraun_test_iop_rgv_o15.hl7": WAITING,
    "pcd03_piv/ihe_pcd_tf_rev8_vol2_example_1.hl7": "MSH-7: not an HL7 time",
    "pcd03_piv/ihe_pcd_tf_rev8_vol2_example_2.hl7": "ACK^O15",
    "pcd03_piv/ihe_pcd_tf_rev8_vol2_example_3.hl7": WAITING,
    "pcd03_piv/ihe_pcd_tf_rev8_vol2_example_4.hl7": "ACK^O15",
    "pcd03_piv/ihe_pcd_tf_rev8_vol2_example_5.hl7": "RRG^O16",
    "pcd04/draeger_PCD04_alarm.txt": "processing id D",
    "pcd10_ipec/bbraun_space_pcd10_delivery_complete.hl7": "unlinked",
    "pcd10_ipec/bbraun_space_pcd10_delivery_start.hl7": "unlinked",
    "pcd10_ipec/ihe_ipec_supplement_rev1.5_delivery_start.hl7": "unlinked",
    "rgv/cofrentes_rgv_o15.hl7": WAITING,
}
"""What each becomes where nothing else is known."""


@pytest.mark.parametrize("name", PUMPS)
def test_what_pumps_send_becomes(name: str) -> None:
    """A fact that waits for others, an ignored kind, or a reject that says why."""
    linker = Associations()
    raw = (SHARED / "samples" / "hl7v2" / name).read_bytes()
    conversion = linker.link(linker.restored(()), convert(raw, "hl7v2", ZONED), 0).conversion
    assert conversion.events == ()
    if PUMPS[name] == "unlinked":
        (reject,) = conversion.rejects
        assert is_unlinked(reject)
    elif conversion.rejects:
        assert conversion.rejects[0].reason.startswith(PUMPS[name])
    else:
        assert conversion.ignored == PUMPS[name]


def test_a_vendors_pump_is_linked_by_its_order() -> None:
    """Its start, a report in between and its completion are one infusion of six minutes and a half."""
    folder = SHARED / "samples" / "hl7v2"
    order = b"MSH|^~\\&|EMAR|GH|||20220523141000+0000||RGV^O15|1|P|2.6\rPID|1\rPV1|1|O" + b"|" * 17 + b"V1\r"
    order += (
        b"ORC|RE|77^EMAR\rRXG|1|||^dobutamine\rRXR|IV\rOBX|1||69986^MDC_DEV_PUMP_INFUS_VMD^MDC"
        + b"|" * 15
        + b"P2449\r"
    )
    linker, events = Associations(), []
    state = linker.restored(())
    for raw in (
        (folder / "pcd10_ipec" / "bbraun_space_pcd10_delivery_complete.hl7").read_bytes(),
        (folder / "pcd01" / "bbraun_space_during_infusion.hl7").read_bytes(),
        order,
        (folder / "pcd10_ipec" / "bbraun_space_pcd10_delivery_start.hl7").read_bytes(),
    ):
        events += linker.link(state, convert(raw, "hl7v2", ZONED), 0).conversion.events
    gone = {event.get("voids_event_id") for event in events}
    standing = [
        event for event in events if event["event_id"] not in gone and event["type"] != "event_voided"
    ]
    assert [(event["type"], event["occurred_at"], event["encounter_id"]) for event in standing] == [
        ("infusion_started", "2022-05-23T14:17:00+00:00", "V1"),
        ("infusion_stopped", "2022-05-23T14:23:39+00:00", "V1"),
    ]


def _names(message: bytes) -> list[str]:
    """Return the family names of PID-5, where they are long enough to be told from other words."""
    text = message.decode("utf-8", "replace").replace("\n", "\r")
    lines = [line.split("|") for line in text.split("\r") if line.startswith("PID|")]
    return [
        fields[5].split("^")[0] for fields in lines if len(fields) > 5 and len(fields[5].split("^")[0]) > 4
    ]
