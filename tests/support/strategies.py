"""
Stays as Hypothesis draws them: ordinary ones, and the ones that end up in an appeal.

Drugs come from a short list, so that the same drug comes twice; lengths and gaps sit on and around the
thresholds; administrations touch, overlap and pause; sites are restarted, justified or forgotten. Every draw
is a well-formed ``Encounter``: in order of first moment, flows sorted and apart.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from second_coder_timelines import BLANK, EMPTY

from models.drug import Drug
from models.encounter import AccessSite, Administration, Encounter, Flow

LENGTHS = (
    1,
    5,
    10,
    14,
    15,
    16,
    17,
    20,
    29,
    30,
    31,
    32,
    45,
    60,
    61,
    89,
    90,
    91,
    92,
    120,
    149,
    150,
    151,
    211,
    300,
)
LONG = (479, 480, 481, 600, 720, 1439, 1440, 1441)
STEPS = (0, 0, 0, 1, 5, 10, 14, 15, 16, 20, 29, 30, 31, 32, 45, 60, 90, 91, 120, 240, 420, 1000)
BACK = (-1, -5, -14, -15, -16, -17, -30, -31, -60, -90, -120)

INFUSED = (
    "ceftriaxone",
    "vancomycin",
    "diltiazem",
    "azithromycin",
    "acetaminophen",
    "paclitaxel",
    "carboplatin",
    "doxorubicin",
    "infliximab",
    "Remicade",
    "magnesium sulfate",
)
PUSHED = ("ondansetron", "morphine", "diltiazem", "ceftriaxone", "doxorubicin", "fluorouracil", "vancomycin")
FLUIDS = ("normal saline", "lactated ringer's")
INJECTED = (
    "ketorolac",
    "morphine",
    "methotrexate",
    "leuprolide",
    "denosumab",
    "influenza vaccine",
    "nirsevimab",
)
REASONS = ("dehydration", "vomiting", "hypovolemia")
DAYS = (
    datetime(2026, 3, 2, 8, tzinfo=UTC),
    datetime(2026, 3, 2, 21, tzinfo=UTC),
    datetime(2026, 3, 8, 4, tzinfo=UTC),  # New York's clocks go forward
    datetime(2026, 9, 30, 20, tzinfo=UTC),  # the next edit tables come into force
    datetime(2026, 11, 1, 3, tzinfo=UTC),  # New York's clocks go back
)
ORDINARY_DAYS = DAYS[:2]
"""Days far from any change of a table."""

ZONES = ("UTC", "UTC", "America/New_York", "Asia/Kolkata", None)

PLACED = int(datetime(2026, 2, 1, tzinfo=UTC).timestamp())

SITES = {
    "none": (),
    "one": (AccessSite("a", "peripheral", PLACED, None, None, None),),
    "two": (
        AccessSite("a", "peripheral", PLACED, None, None, None),
        AccessSite("b", "peripheral", PLACED, None, None, None),
    ),
    "second has a reason": (
        AccessSite("a", "port", PLACED, None, None, None),
        AccessSite("b", "peripheral", PLACED, None, None, "incompatible drugs"),
    ),
    "both have a reason": (
        AccessSite("a", "port", PLACED, None, None, "protocol"),
        AccessSite("b", "peripheral", PLACED, None, None, "incompatible drugs"),
    ),
    "restarted": (
        AccessSite("a", "peripheral", PLACED, None, None, None),
        AccessSite("b", "peripheral", PLACED, None, "a", None),
    ),
    "three, two with a reason": (
        AccessSite("a", "peripheral", PLACED, None, None, None),
        AccessSite("b", "peripheral", PLACED, None, None, "incompatible drugs"),
        AccessSite("c", "peripheral", PLACED, None, "b", None),
        AccessSite("d", "central", PLACED, None, None, "protocol"),
    ),
}

ANSWERS: dict[str, tuple[str, ...]] = {
    "P-02": ("hierarchy+flag", "hold"),
    "P-03": ("longest", "first_started"),
    "P-04": ("encounter", "calendar_day"),
    "P-05": ("each_dose", "sum_per_dos", "sum_per_encounter"),
    "P-06": ("16", "31"),
    "P-07": ("30", "0", "60"),
    "P-08": ("deduct", "full_time"),
    "P-09": ("16", "1"),
    "P-10": ("encounter", "dos"),
    "P-11": ("review", "96549", "bundle"),
    "P-12": ("cumulative_anchor", "cumulative", "per_interval"),
    "P-13": ("documented", "none", "nominal:5"),
    "P-14": ("by_indication", "always_hydration", "always_therapeutic"),
    "P-14b": ("payer_map", "chemo", "ther"),
    "P-15": ("hold_calculate_fallback", "push", "none"),
    "P-16": ("count_from_takeover", "review_all", "ignore"),
    "P-17": ("50", "30"),
    "P-18": ("per_injection", "per_dose"),
    "P-19": ("96376", "96375", "none"),
    "P-20": ("review", "code", "none"),
    "P-21": ("59", "XS", "XU"),
    "P-22": ("cms_aoc_file", "cpt_parentheticals"),
    "P-23": ("review", "infusion", "none"),
    "P-24": ("flow_seconds", "truncate_each", "nearest_minute"),
    "P-25": ("start_date_capped", "by_hour"),
    "P-27": ("24", "12"),
    "P-28": ("5", "15"),
    "P-29": ("none", "500"),
    "H-01": ("96416", "G0498"),
}
"""Every switch that changes lines, with the answers tried, the default first."""


@st.composite
def policies(draw: st.DrawFn) -> tuple[tuple[str, str], ...]:
    """Draw ``--set`` pairs: mostly none or one, sometimes many switches at once."""
    keys = draw(
        st.one_of(
            st.just([]),
            st.lists(st.sampled_from(sorted(ANSWERS)), max_size=1),
            st.lists(st.sampled_from(sorted(ANSWERS)), max_size=12, unique=True),
        )
    )
    return tuple((key, draw(st.sampled_from(ANSWERS[key]))) for key in sorted(keys))


class _Day:
    """What the administrations of one drawn stay have in common."""

    def __init__(self, draw: st.DrawFn, days: tuple[datetime, ...], *, charting: bool) -> None:
        self.draw = draw
        self.charting = charting
        self.midnight = int(draw(st.sampled_from(days)).timestamp())
        self.sites = SITES[draw(st.sampled_from(sorted(SITES)))]
        self.ragged = draw(st.booleans())
        self.started, self.stopped = 0, 0

    def rarely(self, one_in: int = 8) -> bool:
        """Draw whether something uncommon happens."""
        return self.draw(st.integers(1, one_in)) == one_in

    def instant(self, minute: int) -> int:
        """Return a minute of the stay in epoch seconds, with seconds where clocks show them."""
        seconds = self.draw(st.sampled_from((0, 0, 1, 29, 30, 59))) if self.ragged else 0
        return self.midnight + 60 * minute + seconds

    def begin(self) -> int:
        """Draw when the next thing begins: around the end or the beginning of the one before."""
        step = self.draw(st.sampled_from(STEPS + BACK))
        minute = self.draw(st.sampled_from((self.started, self.stopped, self.stopped))) + step
        return max(minute, -120)

    def flows(self, begun: int) -> list[list[int]]:
        """Draw stretches of flow in minutes of the stay: mostly one, paused now and then."""
        stretches = []
        for _ in range(1 + self.draw(st.sampled_from((0, 0, 0, 0, 1, 2)))):
            length = self.draw(st.sampled_from(LENGTHS))
            if self.rarely(20):
                length = self.draw(st.sampled_from(LONG))
            stretches.append([begun, begun + length])
            begun += length + self.draw(st.sampled_from((1, 5, 20, 29, 30, 31, 75)))
        self.started, self.stopped = stretches[0][0], stretches[-1][1]
        return stretches

    def place(self) -> str | None:
        """Draw the site, rarely none."""
        if not self.sites or self.rarely(30):
            return None
        return self.draw(st.sampled_from(self.sites)).site_id

    def order(self) -> dict[str, Any]:
        """Draw the order and dose identifiers: mostly none, few different ones."""
        return {
            "order_id": self.draw(st.sampled_from((None, None, "O1", "O2", "O3"))),
            "dose_id": self.draw(st.sampled_from((None, None, None, "D1", "D2"))),
        }


@st.composite
def encounters(draw: st.DrawFn, *, charting: bool = True, days: tuple[datetime, ...] = DAYS) -> Encounter:
    """
    Draw one stay of up to seven administrations.

    Without ``charting`` everything is charted completely: what remains is the coding itself.
    """
    day = _Day(draw, days, charting=charting)
    given = [_administration(day) for _ in range(draw(st.integers(1, 7)))]
    named = [one._replace(administration_id=f"A{number}") for number, one in enumerate(given)]
    latest = max(max(_moments(one)) for one in named)
    told: dict[str, Any] = {
        "setting": draw(st.sampled_from(("facility", "facility", "facility", "office"))),
        "time_zone": draw(st.sampled_from(ZONES)),
        "utc_offset_s": draw(st.sampled_from((0, -18000, 19800))),
        "department_modifier": draw(st.sampled_from((None, None, None, "PO", "PN"))),
        "key_reason_order_id": draw(st.sampled_from((None, "O1", "O2"))),
        "arrived_at": day.midnight - 3 * 3600,
        "departed_at": latest + draw(st.sampled_from((0, 60, 3600))),
    }
    if charting:
        told |= _window(day, latest)
    return EMPTY._replace(
        sites=day.sites,
        administrations=tuple(sorted(named, key=lambda one: (min(_moments(one)), one.administration_id))),
    )._replace(**told)


def _moments(one: Administration) -> list[int]:
    """Return every instant of an administration; the furthest future for one without any."""
    flows = one.flows + one.pump_flows
    ends = [end for flow in flows for end in flow if end is not None]
    return [*ends, *([] if one.given_at is None else [one.given_at])] or [EMPTY.arrived_at or 0]


def _window(day: _Day, latest: int) -> dict[str, Any]:
    """Draw the edges of the stay that cut into what was given."""
    told: dict[str, Any] = {}
    if day.rarely(5):
        told["arrived_at"] = min(day.instant(day.draw(st.sampled_from((0, 5, 30, 60)))), latest)
    if day.rarely(6):
        early = latest - 60 * day.draw(st.sampled_from((1, 14, 30, 60, 120)))
        told["departed_at"] = max(early, told.get("arrived_at", day.midnight) + 60)
    if day.rarely(8):
        order = latest - 60 * day.draw(st.sampled_from((0, 15, 30, 90)))
        told["inpatient_ordered_at"] = min(max(order, day.instant(0)), told.get("departed_at", latest))
    if day.rarely(10):
        told |= {"standing": "open", "departed_at": None}
    return told


def _administration(day: _Day) -> Administration:
    """Draw one administration."""
    kinds = (
        *(_drug_infusion,) * 7,
        *(_push,) * 4,
        *(_fluid,) * 4,
        *(_injection,) * 2,
        _subcutaneous,
        _arterial,
        _pump,
        _aside,
    )
    given = day.draw(st.sampled_from(kinds))(day)
    return _charted_badly(day, given) if day.charting and day.rarely(4) else given


def _flowing(day: _Day, drug: Drug, begun: int | None = None, **told: Any) -> Administration:
    """Return an infusion of a drug with drawn times."""
    stretches = day.flows(day.begin() if begun is None else begun)
    flows = tuple(Flow(day.instant(start), day.instant(stop)) for start, stop in stretches)
    touched = tuple(sorted(end for flow in flows for end in flow if end is not None)[1:])
    given = BLANK._replace(drug=drug, flows=flows, touched=touched, site_id=day.place(), **day.order())
    return given._replace(given_at=flows[0].start)._replace(**told)


def _drug_infusion(day: _Day) -> Administration:
    if day.rarely(12):
        return _flowing(day, Drug(ingredients=("ondansetron", "dexamethasone")))
    if day.rarely(12):
        return _flowing(
            day,
            Drug(ingredients=("normal saline", "potassium chloride")),
            indication=day.draw(st.sampled_from(("hypokalemia", "dehydration"))),
        )
    given = _flowing(day, Drug(name=day.draw(st.sampled_from(INFUSED))))
    if day.rarely(12):
        given = given._replace(
            stop_reason=day.draw(st.sampled_from(("discontinued", "reaction", "completed")))
        )
    return given


def _push(day: _Day) -> Administration:
    begun = day.begin()
    day.started = begun
    moment = day.instant(begun)
    took = day.draw(st.sampled_from((None, None, 2, 5, 15)))
    flows = () if took is None else (Flow(moment, moment + 60 * took),)
    drug = Drug(name=day.draw(st.sampled_from(PUSHED)))
    return BLANK._replace(
        technique="push", drug=drug, given_at=moment, flows=flows, site_id=day.place(), **day.order()
    )


def _fluid(day: _Day) -> Administration:
    given = _flowing(
        day,
        Drug(name=day.draw(st.sampled_from(FLUIDS))),
        intent="hydrate",
        indication=day.draw(st.sampled_from(REASONS)),
    )
    if day.rarely(6):
        return given._replace(intent=day.draw(st.sampled_from(("kvo", "carrier", "flush"))))
    if day.rarely(12):
        return given._replace(indication=None)
    if day.rarely(5):
        rate = day.draw(st.sampled_from((30, 50, 51, 125)))
        later = day.draw(st.sampled_from((20, 50, 125)))
        turned = given.flows[0].start + 60 * day.draw(st.sampled_from((10, 31, 60)))
        rates = ((given.flows[0].start, Decimal(rate)), (turned, Decimal(later)))
        ended = given.flows[-1].stop or turned
        return given._replace(rate_ml_per_h=Decimal(rate), rates=rates if turned < ended else rates[:1])
    return given


def _injection(day: _Day) -> Administration:
    begun = day.begin()
    return BLANK._replace(
        technique="injection",
        drug=Drug(name=day.draw(st.sampled_from(INJECTED))),
        route=day.draw(st.sampled_from(("SC", "IM"))),
        given_at=day.instant(begun),
        counselling=day.draw(st.sampled_from((None, True, False))),
        **day.order(),
    )


def _subcutaneous(day: _Day) -> Administration:
    return _flowing(
        day, Drug(name=day.draw(st.sampled_from(("deferoxamine", "immune globulin")))), route="SC"
    )


def _arterial(day: _Day) -> Administration:
    drug = Drug(name=day.draw(st.sampled_from(("doxorubicin", "carboplatin", "diltiazem"))))
    if day.draw(st.booleans()):
        return _flowing(day, drug, route="IA")
    return BLANK._replace(
        technique="injection", drug=drug, route="IA", given_at=day.instant(day.begin()), **day.order()
    )


def _pump(day: _Day) -> Administration:
    drug = Drug(name=day.draw(st.sampled_from(("fluorouracil", "deferoxamine", "doxorubicin"))))
    return _flowing(
        day,
        drug,
        technique="prolonged_pump",
        planned_minutes=day.draw(st.sampled_from((None, 480, 481, 2760))),
        route=day.draw(st.sampled_from(("IV", "IV", "IA"))),
    )


def _aside(day: _Day) -> Administration:
    kind = day.draw(st.sampled_from(("blood", "contrast", "unknown", "on body", "flush", "procedure")))
    if kind == "blood":
        return _flowing(day, Drug(name="red blood cells"))
    if kind == "on body":
        return _injection(day)._replace(
            technique="on_body_injector", drug=Drug(name="pegfilgrastim"), route="SC"
        )
    if kind == "procedure":
        return _push(day)._replace(intent="procedure")
    names = {"contrast": "iohexol", "unknown": "mystery", "flush": "heparin flush"}
    return _push(day)._replace(drug=Drug(name=names[kind]))


def _charted_badly(day: _Day, given: Administration) -> Administration:
    """Take something from the chart, or let the pump tell another story."""
    if given.technique != "infusion" or not given.flows:
        return given._replace(order_status=day.draw(st.sampled_from(("signed", "unsigned", "none"))))
    flows = given.flows
    last = flows[-1]
    length = sum(flow.stop - flow.start for flow in flows if flow.stop is not None) // 60
    stopless = (*flows[:-1], Flow(last.start, None))
    pumped = (*flows[:-1], Flow(last.start, last.start + 60 * day.draw(st.sampled_from((10, 16, 31, 91)))))
    by_volume = {"rate_ml_per_h": Decimal(120), "volume_ml": Decimal(2 * length), "rates": ()}
    off = {"rate_ml_per_h": Decimal(120), "volume_ml": Decimal(4 * length + 1), "rates": ()}
    stories: tuple[dict[str, Any], ...] = (
        {"flows": stopless, "touched": given.touched[:-1]},
        {"flows": stopless, "touched": given.touched[:-1], **by_volume},
        {"flows": stopless, "touched": given.touched[:-1], "pump_flows": pumped},
        {"pump_flows": pumped},
        {"flows": (), "pump_flows": pumped},
        {"prehospital": True},
        {"prehospital": False},
        {
            "bag_changes": (last.start + 300,),
            "touched": tuple(sorted({*given.touched, last.start + 300})),
        },
        {"planned_minutes": max(length // 2, 1)},
        {"planned_minutes": max(length // 2 - 1, 1)},
        {"flows": (), "touched": (), "given_at": None},
        by_volume,
        off,
        {"faults": ("stop_before_start",), "flows": ()},
        {"faults": ("overlapping_intervals",)},
        {"stop_reason": "reaction"},
    )
    return given._replace(**day.draw(st.sampled_from(stories)))
