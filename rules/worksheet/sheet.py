"""
The sheet one encounter is coded on: what has been earned, refused and flagged, and by which rule.

One rule may claim an administration's minutes. A second claim is a mistake in the rules: ``DoubleClaimError`` names
both rules, and the first match never wins silently.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from models.charge import Evidence, Flag, NotBilled, Reason
from models.encounter import Review
from models.interval import Stretch
from rules.flags import FLAGS
from rules.policy.resolve import Policy
from rules.rule import Rule
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.reviews import Reviews, answered, refuses


class DoubleClaimError(RuntimeError):
    """Two rules claimed the minutes of one administration."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(
            f"rules {first} and {second} both claim the minutes of one administration; "
            "the rulebook must say which one may: report this encounter as a defect of the rules",
        )


def _ids(administrations: Iterable[CodableAdministration]) -> tuple[str, ...]:
    return tuple([administration.id for administration in administrations])


class Earned(NamedTuple):
    """Units of one code on one date, before lines are added up."""

    code: str
    units: int
    service_date: date
    administrations: tuple[CodableAdministration, ...]
    minutes: int | None
    evidence: Evidence
    reasons: tuple[Reason, ...]
    modifiers: tuple[str, ...] = ()
    procedure_ids: tuple[str, ...] = ()
    decided_ids: tuple[str, ...] = ()
    started: int | None = None
    """The epoch second at which the service started; None where it is the first of its administrations."""


@dataclass(slots=True)
class Worksheet:
    """Everything decided so far about one encounter."""

    policy: Policy
    setting: str
    earned: list[Earned] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    refused: list[NotBilled] = field(default_factory=list)
    marks: list[tuple[Iterable[CodableAdministration], Iterable[Stretch], str]] = field(default_factory=list)
    reviews: Reviews | None = None
    """A person's answers to the flags of the stay; None where nobody answered any."""
    struck: set[str] = field(default_factory=set)
    """Administrations of which a person decided that they are not billed."""
    decided: list[tuple[Review, tuple[str, ...]]] = field(default_factory=list)
    """The other answers that settled a flag, each with the administrations the flag names."""
    deciding_pauses: frozenset[str] = frozenset()
    """Administrations whose pause nobody resumed would change a line if its minutes counted (R-DOC-10)."""
    switched: dict[str, dict[str, None]] = field(default_factory=dict)
    """The switches that decided what becomes of an administration, by its id (behind a flag's, if of that alone)."""
    payer: str | None = None
    """Who pays, as the stay says or its caller does: the expected payment of its lines is this payer's."""
    facility_name: str | None = None
    """Where the stay was, as its events name it: an office's amounts are those of its locality."""
    _claims: dict[str, str] = field(default_factory=dict)

    @property
    def facility(self) -> bool:
        """Tell whether facility rules apply (R-DEF-15)."""
        return self.setting == "facility"

    def earn(self, earned: Earned) -> None:
        """Enter units of a code."""
        self.earned.append(earned)

    def claim(self, administrations: Iterable[CodableAdministration], rule: Rule) -> None:
        """
        Take these administrations' minutes for one rule.

        Raises:
            DoubleClaimError: another rule has them already.
        """
        claims = self._claims
        for administration in administrations:
            taken = claims.setdefault(administration.id, rule.id)
            if taken != rule.id:
                raise DoubleClaimError(taken, rule.id)

    def decided_by(self, switch: str, administration_ids: Iterable[str], flag: str = "") -> None:
        """
        Note that a switch decided what becomes of these administrations: its other answers would have it otherwise.

        ``switch`` is its key, or a drug of a layer's own map (P-14b). Lines, refusals and flags get the reason at the
        end (``rules.claim.decided_by``); with ``flag`` only that flag does. The id ``""`` stands for the whole stay.
        """
        for name in administration_ids:
            self.switched.setdefault(flag + name, {})[switch] = None

    def flag(
        self,
        flag: str,
        administrations: Iterable[CodableAdministration],
        says: str | None = None,
        **facts: str | int,
    ) -> Review | None:
        """Raise a flag at its own weight; return the person's answer where there is one."""
        return self.raise_flag(FLAGS[flag].on(_ids(administrations), says, **facts))

    def inform(
        self, flag: str, administrations: Iterable[CodableAdministration], says: str, suggestion: str
    ) -> None:
        """Raise a flag for information alone, whatever its usual weight."""
        self.flags.append(FLAGS[flag].informing(_ids(administrations), says, suggestion))

    def ask(
        self, flag: str, administrations: Iterable[CodableAdministration], says: str, suggestion: str
    ) -> Review | None:
        """Raise a flag at its own weight, with advice for this case in place of the general one."""
        return self.raise_flag(FLAGS[flag].advising(_ids(administrations), says, suggestion))

    def block(
        self, flag: str, administrations: Iterable[CodableAdministration], says: str, **facts: str | int
    ) -> Review | None:
        """Raise a flag that holds the set whatever its usual weight, unless a person answered it."""
        return self.raise_flag(FLAGS[flag].blocking(_ids(administrations), says, **facts))

    def warn(
        self, flag: str, administrations: Iterable[CodableAdministration], says: str, **facts: str | int
    ) -> Review | None:
        """Raise a flag that holds nothing whatever its usual weight."""
        return self.raise_flag(FLAGS[flag].warning(_ids(administrations), says, **facts))

    def raise_flag(self, flag: Flag) -> Review | None:
        """
        Raise a flag, or enter what a person answered to it and return that.

        What is not to be billed is refused here, and ``struck``; whoever raised the flag does the rest.
        """
        review = self.reviews.answer(flag) if self.reviews is not None else None
        if review is None:
            self.flags.append(flag)
            return None
        self.flags.append(answered(flag, review))
        if review.decision == "no_code":
            fresh = [name for name in flag.administration_ids if name not in self.struck]
            self.struck.update(fresh)
            self.refused += [refuses(review, name) for name in fresh]
        else:
            self.decided.append((review, flag.administration_ids))
        return review

    def refuse(
        self, administrations: Iterable[CodableAdministration], rule: Rule, says: str | None = None
    ) -> None:
        """Say why these administrations earn no line."""
        for administration in administrations:
            self.refused.append(rule.refuses(administration.id, says))

    def billed(
        self, administrations: Iterable[CodableAdministration], stretches: Iterable[Stretch], code: str
    ) -> None:
        """Mark the minutes of these administrations that lie in ``stretches`` as billed under ``code``."""
        self.marks.append((administrations, stretches, code))
