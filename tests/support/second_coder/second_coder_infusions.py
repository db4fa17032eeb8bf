"""Infusions after the choice of the initial: first hours, added hours, overlaps, later doses."""

from datetime import date

from second_coder_desk import Desk, Service, Unit, added_hours
from second_coder_doses import order
from second_coder_seconds import Seconds, nth, whole

FIRST = {"CHEMO": "96413", "THER": "96365"}
NEXT = {"CHEMO": "96417", "THER": "96367"}
HOUR = {"CHEMO": "96415", "THER": "96366"}


class Infusions:
    """The infusions of one encounter, group after group; 96368 is counted across all of them (R-SITE-2)."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.concurrent_dates: list[date] = []
        self.chemotherapy: Seconds = 0
        self.known: set[str] = set()
        self.concurrently: set[str] = set()

    def code(self, services: list[Service], initial: Service) -> list[Unit]:
        """Code one group's infusions; return the initial's unit when an infusion is the initial."""
        desk, first_units = self.desk, []
        spoken_for: Seconds = 0
        self.chemotherapy = 0
        self.known, self.concurrently = set(), set()
        waiting = sorted(
            (one for one in services if one.kind == "infusion" and one is not initial),
            key=lambda one: order(desk, one),
        )
        if initial.kind == "infusion":
            first_units.append(desk.write(FIRST[initial.billing], initial.start, initial.members))
            self.hours(initial, initial.counted)
            spoken_for |= initial.counted
            self.chemotherapy |= initial.counted if initial.billing == "CHEMO" else 0
            self.known.add(initial.substance)
        for service in waiting:
            if self.further(service, spoken_for):
                spoken_for |= service.counted
                self.chemotherapy |= service.counted if service.billing == "CHEMO" else 0
        return first_units

    def hours(self, service: Service, timed: Seconds) -> None:
        """Write the added hours of some seconds of a service."""
        for hour in range(1, added_hours(whole(timed)) + 1):
            self.desk.write(HOUR[service.billing], service.start, service.members, nth(timed, 3600 * hour))

    def further(self, service: Service, spoken_for: Seconds) -> bool:
        """Code an infusion that is not the initial; return whether it earned a line."""
        lap = whole(service.counted & spoken_for)
        alone = service.counted & ~spoken_for
        solo = whole(alone)
        joint = self.desk.policy.minimum_joint_minutes_for_concurrent
        with_chemotherapy = whole(service.counted & self.chemotherapy)
        if service.billing == "CHEMO" and with_chemotherapy >= joint and solo <= 15:
            return self.beside_chemotherapy(service)
        if service.billing != "CHEMO" and lap >= joint and solo <= 15:
            return self.concurrent(service)
        timed = alone
        if self.desk.policy.partial_overlap == "full_time" and solo >= 16:
            timed = service.counted
        if solo <= 15:
            timed = service.counted
            self.desk.raise_flag("F-OVERLAP_AMBIGUOUS")
        if service.substance in self.concurrently:
            self.desk.raise_flag("F-SAME_DRUG_REPEAT")
        repeats = self.desk.policy.after_concurrent == "96366"
        if service.substance in self.known or (repeats and service.substance in self.concurrently):
            return self.later_dose(service, timed)
        self.desk.write(NEXT[service.billing], service.start, service.members)
        self.hours(service, timed)
        self.known.add(service.substance)
        return True

    def later_dose(self, service: Service, timed: Seconds) -> bool:
        """Code a later dose of a drug already reported as infused (R-SAME-1, R-SAME-4, A-12)."""
        self.desk.raise_flag("F-CHEMO_REPEAT" if service.billing == "CHEMO" else "F-SAME_DRUG_REPEAT")
        if whole(timed) < self.desk.policy.minimum_minutes_of_a_later_dose:
            return False
        self.desk.write(HOUR[service.billing], service.start, service.members)
        self.hours(service, timed)
        return True

    def concurrent(self, service: Service) -> bool:
        """Code an infusion beside another one: 96368 as often as P-10 lets it, never for chemotherapy."""
        desk = self.desk
        day = desk.date_of(service.start)
        if day in self.concurrent_dates or (self.concurrent_dates and desk.policy.cap_96368 == "encounter"):
            return False
        self.concurrent_dates.append(day)
        self.concurrently.add(service.substance)
        desk.write("96368", service.start, service.members)
        return True

    def beside_chemotherapy(self, service: Service) -> bool:
        """Apply P-11 to a chemotherapy infused beside another one."""
        if self.desk.policy.chemo_chemo == "bundle":
            return False
        if self.desk.policy.chemo_chemo == "96549":
            self.desk.write("96549", service.start, service.members)
            self.desk.raise_flag("F-UNLISTED")
            self.concurrently.add(service.substance)
            return True
        for member in service.members:
            self.desk.hold(member, "F-CHEMO_CONCURRENT")
        return False
