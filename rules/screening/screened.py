"""What screening hands on to coding: the codable administrations, each with the table that codes it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from models.interval import Stretch
from rules.screening.ports import PortFlush
from rules.worksheet.codable import CodableAdministration


@dataclass(slots=True)
class Screened:
    """The codable administrations of an encounter, by the table that codes them."""

    infusions: list[CodableAdministration] = field(default_factory=list)
    pushes: list[CodableAdministration] = field(default_factory=list)
    fluids: list[CodableAdministration] = field(default_factory=list)
    injections: list[CodableAdministration] = field(default_factory=list)
    under_skin: list[CodableAdministration] = field(default_factory=list)
    arterial_infusions: list[CodableAdministration] = field(default_factory=list)
    arterial_pushes: list[CodableAdministration] = field(default_factory=list)
    prolonged: list[CodableAdministration] = field(default_factory=list)
    cavities: list[CodableAdministration] = field(default_factory=list)
    patient_controlled: list[CodableAdministration] = field(default_factory=list)
    alongside: list[tuple[str | None, list[Stretch]]] = field(default_factory=list)
    """Flow through a site that is not billed here, such as blood, but stops fluid from being hydration."""
    port_flushes: list[PortFlush] = field(default_factory=list)
    """Flushes of an implanted port, which count where nothing else was done that day."""

    def administrations(self) -> Iterable[CodableAdministration]:
        """Yield every codable administration."""
        for group in (
            self.infusions, self.pushes, self.fluids, self.injections, self.under_skin, self.arterial_infusions,
            self.arterial_pushes, self.prolonged, self.cavities, self.patient_controlled,
        ):  # fmt: skip
            yield from group
