"""
What a site calls things: one TOML file that turns its wire messages into the contract's words.

The file says which field names the stay, in which zone clocks stand that name no offset, what local codes and words
mean. Nothing in it is about a patient. What it leaves out has the meaning the standards give it.
"""

import re
import tomllib
from collections.abc import Hashable, Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from models.drug import BillingClass, Code, CodeSystem, Name
from models.field import DepartmentModifier, Identifier, Setting, Technique, TimeZone
from streams.feeds.charge_codes import ChargeCodes
from streams.feeds.mar_words import MAR_ACTIONS, MarAction
from streams.feeds.site_problems import in_words


def _visit_or_patient_field(place: str) -> str:
    if not re.fullmatch(r"(?:PV1|PID)-[1-9]\d?", place):
        message = f"{place[:20]!a} is no field of PV1 or PID; write for example PV1-19, the visit number"
        raise ValueError(message)
    return place


EncounterField = Annotated[str, AfterValidator(_visit_or_patient_field)]
"""Where a sender writes the stay's id: visit number (PV1-19), account number (PID-18), or where it thinks best."""

ORDER_FIELDS = Literal["ORC-2", "ORC-3"]
"""Placer and filler order number."""

MAR_FIELDS = Literal["RXA-20", "RXA-9"]


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class _Table(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        hide_input_in_errors=True,
        ignored_types=(cached_property,),
        defer_build=True,  # few sites have a mapping, and every worker could read one
    )


class DrugWord(_Table):
    """What a local drug code stands for."""

    name: Name | None = None
    code: Code | None = None
    system: CodeSystem | None = None
    billing_class: BillingClass | None = None


class Department(_Table):
    """A place of care, by its point of care (PV1-3.1)."""

    name: Identifier | None = None
    modifier: DepartmentModifier | None = None
    setting: Setting | None = None
    facility: Identifier | None = None


class Sources(_Table):
    """How the events of each feed call their source."""

    emar: Identifier = "emar"
    adt: Identifier = "adt"
    pump: Identifier = "pump"


class Pumps(_Table):
    """What is known of infusion pumps."""

    report_seconds: Annotated[int, Field(ge=0, le=86_400)] = 60
    """How often a pump reports its state (PCD-01). 0: only when it changes, so that silence says nothing."""
    beds: Mapping[str, Annotated[str, Field(min_length=1, max_length=160)]] = {}
    """Where a pump stands that does not say so: its id to ``WARD^ROOM^BED``."""


class Reading(_Table):
    """What may differ from sender to sender of one site."""

    time_zone: TimeZone | None = None
    """The IANA zone of times that name no offset; without it such times are refused."""
    encounter: Annotated[tuple[EncounterField, ...], BeforeValidator(_tuple), Field(min_length=1)] = (
        "PV1-19",
        "PID-18",
    )
    """Where the stay's id stands: the first of these that holds anything."""
    encounter_prefix: Annotated[str, Field(max_length=40)] = ""
    """Put in front of every encounter id, where two senders number their visits alike."""
    order: Annotated[tuple[ORDER_FIELDS, ...], BeforeValidator(_tuple), Field(min_length=1)] = (
        "ORC-2",
        "ORC-3",
    )
    administration: Literal["sub_id", "start"] = "sub_id"
    """What tells the administrations of one order apart: RXA-2, or for a sender that always writes 1 there, RXA-3."""
    mar_action: Annotated[tuple[MAR_FIELDS, ...], BeforeValidator(_tuple)] = ("RXA-20", "RXA-9")
    """Where the action on the medication administration record stands; RXA-9 counts only where it is a known one."""
    equal_times: Literal["push", "ask"] = "push"
    """What an intravenous administration is whose stop is its start, where no field says how it was given."""
    setting: Setting = "facility"
    facility: Identifier | None = None
    """The facility where neither the department nor PV1-3.4 names one; else it is MSH-4."""


class Sender(Reading):
    """What one sender does in its own way, by MSH-3 and MSH-4; what it leaves out is the site's."""

    application: Annotated[str, Field(min_length=1)] | None = None
    sending_facility: Annotated[str, Field(min_length=1)] | None = None

    def sends(self, application: str, facility: str) -> bool:
        """Tell whether a message of this MSH-3 and MSH-4 is this sender's."""
        return self.application in {None, application} and self.sending_facility in {None, facility}


PatientClass = Literal["outpatient", "inpatient", "preadmit", "other"]

PATIENT_CLASSES: Final[Mapping[str, PatientClass]] = {
    "E": "outpatient",
    "O": "outpatient",
    "R": "outpatient",
    "B": "inpatient",
    "I": "inpatient",
    "P": "preadmit",
    "C": "other",
    "N": "other",
    "U": "other",
}
"""HL7 table 0004. An obstetric patient is taken for an inpatient unless the site says otherwise; K, ask the site."""


class SiteMapping(Reading):
    """What a site's feeds call things; whatever is left out has the meaning the standards give it."""

    default_charset: Annotated[str, Field(min_length=1, max_length=40)] = "utf-8"
    """Python's name of what is sent where MSH-18 says nothing."""
    fhir_test_data: Literal["read", "ignore"] = "read"
    """Whether FHIR resources marked HTEST in ``meta.security`` are used; a system that bills should ignore them."""
    sources: Sources = Sources()
    senders: Annotated[tuple[Sender, ...], BeforeValidator(_tuple)] = ()
    patient_classes: Mapping[str, PatientClass] = {}
    routes: Mapping[str, Identifier] = {}
    """RXR-1 to a route as charts write it."""
    techniques: Mapping[str, Technique] = {}
    """RXR-4 to the technique."""
    sites: Mapping[str, Identifier] = {}
    """RXR-2 to the id of an access site: two codes of one vein are one site."""
    drug_systems: Mapping[str, CodeSystem] = {}
    """RXA-5.3 to the system of a drug's code."""
    drug_codes: Mapping[str, DrugWord] = {}
    """RXA-5.1 to what it stands for."""
    mar_actions: Mapping[str, MarAction] = {}
    """Action texts to what they mean, beside those that ship."""
    departments: Mapping[str, Department] = {}
    """PV1-3.1 to the department."""
    pumps: Pumps = Pumps()
    facilities: Mapping[str, Annotated[str, Field(min_length=1, max_length=200)]] = {}
    """MSH-4, or MSH-3 where that is empty, to the facility whose messages are joined: a pump gateway is of its hospital."""
    payers: Mapping[str, Identifier] = {}
    """IN1-3, IN1-4 or IN1-2 to the payer."""
    charges: ChargeCodes = ChargeCodes()
    """How charges are written for the billing system."""

    @cached_property
    def zone(self) -> ZoneInfo | None:
        """The zone of times that name no offset."""
        return None if self.time_zone is None else ZoneInfo(self.time_zone)

    @cached_property
    def words(self) -> "Words":
        """The tables, ready to be looked up."""
        return Words(self)

    @cached_property
    def _as_sent(self) -> dict[tuple[str, str], "SiteMapping"]:
        return {}

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> "SiteMapping":
        """Return a copy, its tables made ready anew: they are kept beside the fields."""
        copied = super().model_copy(update=update, deep=deep)
        for kept in ("zone", "words", "_as_sent"):
            copied.__dict__.pop(kept, None)
        return copied

    def of_sender(self, application: str, facility: str) -> "SiteMapping":
        """Return the mapping with what this sender does in its own way; the first that fits of ``senders``."""
        if not self.senders:
            return self
        known = self._as_sent.get((application, facility))
        if known is not None:
            return known
        own = next((sender for sender in self.senders if sender.sends(application, facility)), None)
        mapping = self
        if own is not None:
            changed = own.model_fields_set & Reading.model_fields.keys()
            mapping = SiteMapping.model_construct(
                **{**dict(self), "senders": (), **{name: getattr(own, name) for name in changed}}
            )
        if len(self._as_sent) < _MOST_SENDERS:
            self._as_sent[application, facility] = mapping
        return mapping


_MOST_SENDERS: Final = 1000
"""Senders whose mapping is kept ready; whoever writes a new name into every MSH-3 does not fill the memory."""


def spelled(word: str) -> str:
    """Return a word as tables are looked up: in small letters, blanks one at a time."""
    return " ".join(word.casefold().split())


def _folded(table: Mapping[str, Any]) -> dict[str, Any]:
    return {spelled(word): meant for word, meant in table.items()}


_MOST_REMEMBERED: Final = 4096
"""Readings that are kept; a feed has few drugs and routes, and whoever sends more has them read anew."""


class Words:
    """A site's tables by the words as ``spelled``, and what was made of fields that come again and again."""

    __slots__ = (
        "departments",
        "drug_codes",
        "drug_systems",
        "forgetful",
        "mar_actions",
        "memory",
        "patient_classes",
        "payers",
        "routes",
        "sites",
        "techniques",
    )

    def __init__(self, site: SiteMapping) -> None:
        self.memory: dict[Hashable, Any] = {}
        self.forgetful = False
        """Whether every field is read anew: for whoever watches how."""
        self.routes: Final[Mapping[str, str]] = _folded(site.routes)
        self.techniques: Final[Mapping[str, Technique]] = _folded(site.techniques)
        self.sites: Final[Mapping[str, str]] = _folded(site.sites)
        self.drug_systems: Final[Mapping[str, CodeSystem]] = _folded(site.drug_systems)
        self.drug_codes: Final[Mapping[str, DrugWord]] = _folded(site.drug_codes)
        self.mar_actions: Final[Mapping[str, MarAction]] = {**MAR_ACTIONS, **_folded(site.mar_actions)}
        self.departments: Final[Mapping[str, Department]] = _folded(site.departments)
        self.payers: Final[Mapping[str, str]] = _folded(site.payers)
        self.patient_classes: Final[Mapping[str, PatientClass]] = _folded(
            {**PATIENT_CLASSES, **site.patient_classes}
        )

    def remember(self, key: Hashable, value: Any) -> None:
        """Keep what was made of fields, for the next message that has the same."""
        if self.forgetful:
            return
        if len(self.memory) >= _MOST_REMEMBERED:
            self.memory.clear()
        self.memory[key] = value


DEFAULT_SITE: Final = SiteMapping()


def site_faults(text: str) -> tuple[SiteMapping | None, list[str]]:
    """Return the mapping a TOML text holds, None where it holds none, and every fault of it in words."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [f"no TOML: {error}"]
    try:
        return SiteMapping.model_validate(table), []
    except ValidationError as error:
        return None, in_words(error, SiteMapping)


def read_site(text: str) -> SiteMapping | str:
    """Return the mapping that a TOML text holds, or in words why it holds none; never raises for what is in it."""
    site, faults = site_faults(text)
    if site is not None:
        return site
    more = f" ({len(faults) - 1} more: infusion check --site names them)" if len(faults) > 1 else ""
    return f"{faults[0]}{more}"
