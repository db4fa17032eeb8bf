"""Administrations that come together: riders, overlapping bags, bags that chain, two witnesses, a FOLFOX day."""

from drawn_administrations import flowing
from drawn_day import Day
from hypothesis import strategies as st
from second_coder_timelines import BLANK

from models.drug import Drug
from models.encounter import Administration, Flow

GAPS = (0, 1, 2, 10, 29, 30, 31, 60)
BAGGED = (
    "potassium chloride",
    "magnesium sulfate",
    "ceftriaxone",
    "vancomycin",
    "paclitaxel",
    "normal saline",
)


def series(day: Day) -> list[Administration]:
    """Draw some administrations that belong together; what is charted badly only where the chart may be bad."""
    told = (_riders, _overlapping, _folfox)
    badly = (*told, _chain, _witnesses)
    return day.draw(st.sampled_from(badly if day.charting else told))(day)


def _bag(day: Day, drug: str, start: int, length: int) -> Administration:
    """Return one bag that ran from a minute of the day for some minutes."""
    flow = Flow(day.instant(start), day.instant(start + length))
    fluid = {"intent": "hydrate", "indication": "dehydration"} if drug == "normal saline" else {}
    day.started, day.stopped = start, start + length
    given = BLANK._replace(drug=Drug(name=drug), flows=(flow,), given_at=flow.start, touched=(flow.stop,))
    return given._replace(**fluid)


def _riders(day: Day) -> list[Administration]:
    """Draw riders of one order or of several, each with a dose id of its own (A-10)."""
    drug, start, site = day.draw(st.sampled_from(BAGGED)), day.begin(), day.place()
    orders = day.draw(st.sampled_from((("O4", "O4", "O4"), ("O4", "O5", "O6"), (None, None, None))))
    given = []
    for number in range(day.draw(st.integers(2, 3))):
        length = day.draw(st.sampled_from((10, 16, 30, 40, 60)))
        bag = _bag(day, drug, start, length)
        given.append(bag._replace(order_id=orders[number], dose_id=f"R{number}", site_id=site))
        start += length + day.draw(st.sampled_from(GAPS))
    return given


def _overlapping(day: Day) -> list[Administration]:
    """Draw two bags of one drug that overlap, under one dose id, two, or none (A-11)."""
    drug, start, site = day.draw(st.sampled_from(BAGGED)), day.begin(), day.place()
    length = day.draw(st.sampled_from((20, 40, 91)))
    begun = start + length - day.draw(st.sampled_from((1, 10, length)))
    doses = day.draw(st.sampled_from(((None, None), ("R1", "R2"), ("R1", None), ("R1", "R1"))))
    bags = (_bag(day, drug, start, length), _bag(day, drug, begun, day.draw(st.sampled_from((16, 30, 60)))))
    return [bag._replace(dose_id=dose, site_id=site) for bag, dose in zip(bags, doses, strict=True)]


def _folfox(day: Day) -> list[Administration]:
    """Draw chemotherapy by infusion and push, and a pump that goes home with the same drug or another (A-20)."""
    infused = day.draw(st.sampled_from(("oxaliplatin", "fluorouracil")))
    first = flowing(day, Drug(name=infused), dose_id=None, order_id=None)
    moment = day.instant(day.stopped + 5)
    push = BLANK._replace(
        technique="push", drug=Drug(name="fluorouracil"), given_at=moment, site_id=first.site_id
    )
    pump = push._replace(technique="prolonged_pump", planned_minutes=2760, flows=(Flow(moment + 300, None),))
    pump = pump._replace(given_at=moment + 300)
    return [first, push, pump] if day.draw(st.booleans()) else [first, pump]


def _chain(day: Day) -> list[Administration]:
    """Draw bags of one dose, each but the last without a stop, and sometimes the last too (A-14)."""
    drug, start, site = day.draw(st.sampled_from(BAGGED)), day.begin(), day.place()
    dose = day.draw(st.sampled_from(("R1", "R1", None)))
    given = []
    for _ in range(day.draw(st.integers(2, 3))):
        length = day.draw(st.sampled_from((20, 60, 240)))
        bag = _bag(day, drug, start, length)._replace(dose_id=dose, site_id=site)
        given.append(bag._replace(flows=(Flow(bag.flows[0].start, None),), touched=()))
        start += length
    if not day.rarely(4):
        begun = given[-1].flows[0].start
        stop = begun + 60 * day.draw(st.sampled_from((15, 31, 60)))
        given[-1] = given[-1]._replace(flows=(Flow(begun, stop),), touched=(stop,))
    return given


def _witnesses(day: Day) -> list[Administration]:
    """Draw what a nurse and a pump charted apart: the same under one order or dose, or two (A-9)."""
    drug, start, site = day.draw(st.sampled_from(BAGGED)), day.begin(), day.place()
    length = day.draw(st.sampled_from((16, 45, 91)))
    nurse = _bag(day, drug, start, length)
    begun = start + day.draw(st.sampled_from((0, 2, length + 10, length + 60)))
    pump = _bag(day, drug, begun, length + day.draw(st.sampled_from((-1, 0, 4, 30))))
    pump = pump._replace(pump_flows=pump.flows, flows=())
    if day.rarely(3):
        nurse = nurse._replace(flows=(Flow(nurse.flows[0].start, None),), touched=())
    order, dose = day.draw(st.sampled_from((("O4", None), (None, "R1"), (None, None))))
    return [one._replace(order_id=order, dose_id=dose, site_id=site) for one in (nurse, pump)]
