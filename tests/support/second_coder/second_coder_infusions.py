"""Infusions after the choice of the initial: first hours, added hours, overlaps, later doses."""

from datetime import date

from second_coder_desk import Desk, Service, Unit, added_hours
from second_coder_doses import order

FIRST = {"CHEMO": "96413", "THER": "96365"}
NEXT = {"CHEMO": "96417", "THER": "96367"}
HOUR = {"CHEMO": "96415", "THER": "96366"}


class Infusions:
    """The infusions of one encounter, group after group; 96368 is counted across all of them (R-SITE-2)."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.concurrent_dates: list[date] = []
        self.chemotherapy: set[int] = set()

    def code(self, services: list[Service], initial: Service) -> list[Unit]:
        """Code one group's infusions; return the initial's unit when an infusion is the initial."""
        desk, first_units = self.desk, []
        spoken_for: set[int] = set()
        self.chemotherapy = set()
        known: set[str] = set()
        waiting = sorted(
            (one for one in services if one.kind == "infusion" and one is not initial),
            key=lambda one: order(desk, one),
        )
        if initial.kind == "infusion":
            first_units.append(desk.write(FIRST[initial.billing], initial.start, initial.members))
            self.hours(initial, sorted(initial.minutes))
            spoken_for |= initial.minutes
            self.chemotherapy |= initial.minutes if initial.billing == "CHEMO" else set()
            known.add(initial.substance)
        for service in waiting:
            if self.further(service, spoken_for, known):
                spoken_for |= service.minutes
                self.chemotherapy |= service.minutes if service.billing == "CHEMO" else set()
                known.add(service.substance)
        return first_units

    def hours(self, service: Service, minutes: list[int]) -> None:
        """Write the added hours of some minutes of a service."""
        for hour in range(1, added_hours(len(minutes)) + 1):
            self.desk.write(HOUR[service.billing], service.start, service.members, minutes[60 * hour])

    def further(self, service: Service, spoken_for: set[int], known: set[str]) -> bool:
        """Code an infusion that is not the initial; return whether it earned a line."""
        lap = service.minutes & spoken_for
        solo = service.minutes - spoken_for
        joint = self.desk.policy.minimum_joint_minutes_for_concurrent
        with_chemotherapy = service.minutes & self.chemotherapy
        if service.billing == "CHEMO" and len(with_chemotherapy) >= joint and len(solo) <= 15:
            return self.beside_chemotherapy(service)
        if service.billing != "CHEMO" and len(lap) >= joint and len(solo) <= 15:
            return self.concurrent(service)
        timed = solo
        if self.desk.policy.partial_overlap == "full_time" and len(solo) >= 16:
            timed = service.minutes
        if len(solo) <= 15:
            timed = service.minutes
            self.desk.raise_flag("F-OVERLAP_AMBIGUOUS")
        if service.substance in known:
            return self.later_dose(service, sorted(timed))
        self.desk.write(NEXT[service.billing], service.start, service.members)
        self.hours(service, sorted(timed))
        return True

    def later_dose(self, service: Service, timed: list[int]) -> bool:
        """Code a later dose of a drug already infused (R-SAME-1, R-SAME-4)."""
        self.desk.raise_flag("F-CHEMO_REPEAT" if service.billing == "CHEMO" else "F-SAME_DRUG_REPEAT")
        if len(timed) < self.desk.policy.minimum_minutes_of_a_later_dose:
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
        desk.write("96368", service.start, service.members)
        return True

    def beside_chemotherapy(self, service: Service) -> bool:
        """Apply P-11 to a chemotherapy infused beside another one."""
        if self.desk.policy.chemo_chemo == "bundle":
            return False
        if self.desk.policy.chemo_chemo == "96549":
            self.desk.write("96549", service.start, service.members)
            self.desk.raise_flag("F-UNLISTED")
            return True
        for member in service.members:
            self.desk.hold(member, "F-CHEMO_CONCURRENT")
        return False
