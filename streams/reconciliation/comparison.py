"""A run of our charge sets beside another charge system's: which stays have which side, and what differs of each. Pure."""

from collections import Counter
from collections.abc import Collection, Sequence

from models.charge import ChargeSet
from models.encounter import Encounter
from rules.engine import Coding, Profile, code_encounter
from streams.feeds.posted import PostedChange, standing
from streams.reconciliation.difference import Answer, Difference, differences
from streams.reconciliation.explaining import explained, other_answers


class Comparison:
    """One run: under which profile, which stays (all where none is named), and what was counted."""

    def __init__(self, profile: Profile, encounters: Collection[str] = (), *, common: bool = False) -> None:
        self.profile = profile
        self.counts = Counter[str]()
        """Stays by side, ``both``, ``ours alone``, ``theirs alone``; those of them that are the ``same``."""
        self.named: set[str] = set()
        """Of the stays that were named, those that there are."""
        self._encounters, self._common = frozenset(encounters), common

    def compared(
        self, encounter_id: str, charge_set: ChargeSet | None, coded: tuple[Encounter, Coding] | None,
        posted: Sequence[PostedChange],
    ) -> list[Difference]:  # fmt: skip
        """
        Return the differences of one stay, each with the answers that explain it.

        ``coded`` is the stay as its events tell it and how it is coded; without it no switch can be tried.
        """
        self.named.update(self._encounters & {encounter_id})
        theirs = standing(posted)
        charged = charge_set is not None and bool(charge_set.lines)
        side = (
            ("both" if charge_set is not None else "theirs alone")
            if theirs
            else "ours alone"
            if charged
            else ""
        )
        if not side or (self._encounters and encounter_id not in self._encounters):
            return []
        if self._common and side != "both":
            return []
        self.counts[side] += 1
        found = differences(encounter_id, charge_set, theirs)
        self.counts["same"] += not any(one.counts for one in found)
        if coded is None or coded[1].policy is None or not theirs:
            return found
        encounter, profile = coded[0], self.profile

        def code(answer: Answer) -> ChargeSet:
            return code_encounter(
                encounter, profile._replace(overrides=(*profile.overrides, answer))
            ).charge_set

        return explained(found, theirs, other_answers(coded[1].policy.value), code)
