"""Worked examples of A-12, A-13 and A-26 to A-32: the same drug again, other families, routes, flushes."""

from decimal import Decimal

from second_coder_timelines import Example, fluid, infusion, injection, push, stay

from models.drug import Drug
from models.encounter import AccessSite

BESIDE_THEN_ALONE = stay(
    infusion("vancomycin", "08:00", "10:00"),
    infusion("ceftriaxone", "08:10", "08:40"),
    infusion("ceftriaxone", "14:00", "14:30"),
)
INSULIN = injection("insulin lispro", "08:00", route="SC")
PORT = (AccessSite("port", "port", None, None, None, None),)
ARM = (AccessSite("arm", "peripheral", None, None, None, None),)
FLUSH = push("heparin flush", "08:00", site_id="port")

DRUGS: dict[str, Example] = {
    "A-12: after a concurrent dose the next of its own is new": (
        BESIDE_THEN_ALONE,
        {},
        "96365 96366 96367 96368 F-SAME_DRUG_REPEAT",
    ),
    "A-12: to others it is the same again": (
        BESIDE_THEN_ALONE,
        {"after_concurrent": "96366"},
        "96365 96366*2 96368 F-SAME_DRUG_REPEAT",
    ),
    "A-12: once new, then the same": (
        stay(*BESIDE_THEN_ALONE.administrations, infusion("ceftriaxone", "18:00", "18:30")),
        {},
        "96365 96366*2 96367 96368",
    ),
    "A-13: chemotherapy infused and pushed": (
        stay(infusion("doxorubicin", "08:00", "09:00"), push("doxorubicin", "12:00")),
        {},
        "96413 F-CHEMO_REPEAT",
    ),
    "A-26: insulin under the skin, nobody says who pays": (stay(INSULIN), {}, "96372"),
    "A-26: insulin under the skin, Medicare by name": (stay(INSULIN, payer="Medicare"), {}, "F-SAD"),
    "A-26: of a payer who pays": (stay(INSULIN, payer="Medicare"), {"sad": "bill"}, "96372"),
    "A-26: of another payer": (stay(INSULIN, payer="Aetna"), {}, "96372"),
    "A-26: insulin into a vein": (stay(push("insulin", "08:00")), {}, "96374"),
    "A-27: alteplase into a catheter": (
        stay(push("alteplase", "08:00", dose=Decimal(2), dose_unit="mg")),
        {},
        "",
    ),
    "A-27: alteplase for an occlusion": (
        stay(push("alteplase", "08:00", indication="catheter occlusion")),
        {},
        "",
    ),
    "A-27: alteplase for a stroke": (
        stay(infusion("alteplase", "08:00", "09:00", indication="acute stroke")),
        {},
        "F-THROMBOLYSIS",
    ),
    "A-27: alteplase for an embolism": (
        stay(infusion("alteplase", "08:00", "10:00", indication="pulmonary embolism")),
        {},
        "96365 96366",
    ),
    "A-27: alteplase nobody says the reason of": (
        stay(infusion("alteplase", "08:00", "10:00")),
        {},
        "F-THROMBOLYSIS!",
    ),
    "A-28: botulinum toxin": (stay(injection("onabotulinumtoxinA", "08:00")), {}, ""),
    "A-29: into a bone": (stay(push("morphine", "08:00", route="IO")), {}, ""),
    "A-30: a piggyback is IV": (stay(infusion("ceftriaxone", "08:00", "08:30", route="IVPB")), {}, "96365"),
    "A-30: by mouth nothing is held": (stay(injection("mystery", "08:00", route="PO")), {}, ""),
    "A-30: a route nobody knows": (stay(injection("ketorolac", "08:00", route="elbow")), {}, "F-UNLISTED!"),
    "A-31: name and code disagree": (
        stay(infusion("", "08:00", "09:00", drug=Drug(name="ceftriaxone", code="J9045", system="hcpcs"))),
        {},
        "F-CLASS_UNKNOWN!",
    ),
    "A-31: a fluid that is also a flush, given for volume": (
        stay(fluid("08:00", "09:00", drug=Drug(code="9863", system="rxnorm"))),
        {},
        "96360",
    ),
    "A-31: a fluid that is also a flush, to flush": (
        stay(fluid("08:00", "09:00", drug=Drug(code="9863", system="rxnorm"), intent="flush")),
        {},
        "",
    ),
    "A-32: a port flushed and nothing else": (stay(FLUSH, sites=PORT), {}, "96523"),
    "A-32: a port flushed twice on a day": (
        stay(FLUSH, push("heparin flush", "12:00", site_id="port"), sites=PORT),
        {},
        "96523",
    ),
    "A-32: a port flushed beside anything": (
        stay(FLUSH, injection("ketorolac", "09:00"), sites=PORT),
        {},
        "96372",
    ),
    "A-32: at another access": (stay(FLUSH._replace(site_id="arm"), sites=ARM), {}, ""),
    "A-32: under G0498": (stay(FLUSH, sites=PORT), {"H-01": "G0498"}, ""),
}
