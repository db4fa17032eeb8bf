"""
A person's answers to flags, matched with the flags of the stay as they are raised (R-REV-1).

An answer is for the flag of its id that names the same administrations, or for every flag of that id where it names
none. It stands for the facts it was made on: where one of these administrations, or what else the question rests on,
is another now, the question is asked again. Of several answers to one question the one stored last counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from models.charge import Flag, NotBilled, Reason
from models.encounter import Administration, Encounter, Review
from rules.clearing import BESIDE, CLEARING, COMPARED, EVERY_CLAIM, NAMES_A_CODE, REFUSED, admitted
from rules.flags import FLAGS
from rules.rule import Rule

BY_DECISION = Rule(
    "R-REV-1",
    "A person's decision answers what a flag asks and stands for the facts it was made on.",
    (),
    "K",
)

RULES = (BY_DECISION,)


def said(review: Review) -> str:
    """Return who decided what, when and why, in words for a line, a flag or a refusal."""
    at = datetime.fromtimestamp(review.decided_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    code = f" {review.code}" if review.decision == "code" else ""
    return f"{review.flag}, {review.decision}{code}: decided by {review.decided_by} at {at}: {review.reason}"


def stands(review: Review | None) -> bool:
    """Tell whether a person let stand what a flag doubts."""
    return review is not None and review.decision in {"accept", "attest"}


def because(review: Review) -> Reason:
    """Return the reason that a line carries which a person decided on; what it cites is the decision itself."""
    return Reason(BY_DECISION.id, said(review), (_cite(review),))


def refuses(review: Review, administration_id: str, says: str | None = None) -> NotBilled:
    """Return why an administration is not billed which a person decided on."""
    return NotBilled(administration_id, BY_DECISION.id, says or said(review), (_cite(review),))


def _cite(review: Review) -> str:
    return f"Decision {review.review_id} by {review.decided_by}"


def answered(flag: Flag, review: Review) -> Flag:
    """Return a flag that was answered: it holds nothing any more and says who decided what."""
    does = admitted(flag.flag, flag.facts).get(review.decision, "")
    says = " ".join((flag.says, f"{said(review)}.".replace("..", "."), does))
    return replace(
        flag, severity="info", says=says.strip(), suggestion="Nothing to do: it was decided.", clears=()
    )


class Reviews:
    """The answers of one stay; each flag it raises is shown to them once."""

    def __init__(self, encounter: Encounter) -> None:
        self._newest_first: tuple[Review, ...] = encounter.reviews[::-1]
        self._administrations: Mapping[str, Administration] = {
            one.administration_id: one for one in encounter.administrations
        }
        self._voided = frozenset(encounter.voided)
        self._only_refusal = len(encounter.refused_events) == 1
        self._used: set[Review] = set()
        self._told: dict[Review, Flag] = {}
        self._raised: dict[str, list[Flag]] = {}

    def answer(self, flag: Flag) -> Review | None:
        """Return the answer that settles a flag, or None; why one that is about it does not is told at the end."""
        self._raised.setdefault(flag.flag, []).append(flag)
        settled: Review | None = None
        for review in self._newest_first:
            if review.flag != flag.flag or not self._is_about(review, flag):
                continue
            if settled is not None:
                self._used.add(review)  # a later answer to the same question stands in its place
            elif changed := self._changed(review, flag):
                self._tell(review, _stale(review, flag, changed))
            elif not _same_administrations(review, flag):
                continue
            elif (wrong := _unfit(review, flag)) is not None:
                self._tell(review, self._unused(review, wrong))
            else:
                settled = review
                self._used.add(review)
        return settled

    def left_over(self) -> list[Flag]:
        """Return a flag for each answer that settles nothing: the question is gone, was never asked, or has changed."""
        return [
            self._told.get(review) or self._unused(review, self._why_unused(review))
            for review in self._newest_first[::-1]
            if review not in self._used
        ]

    def _tell(self, review: Review, flag: Flag) -> None:
        self._told.setdefault(review, flag)

    def _is_about(self, review: Review, flag: Flag) -> bool:
        """Tell whether an answer is about a flag, as it is or as it was before the facts changed."""
        if flag.flag == REFUSED:
            named = {str(flag.facts[name]) for name in ("refusal_id", "event_id") if name in flag.facts}
            return not named.isdisjoint(review.refusal_ids) if review.refusal_ids else self._only_refusal
        codes = {flag.facts.get("code"), flag.facts.get("column2")}
        if flag.flag in NAMES_A_CODE and review.code not in {None, *codes}:
            return False
        ids = set(review.administration_ids)
        return not ids or ids == set(flag.administration_ids) or not ids.isdisjoint(flag.administration_ids)

    def _changed(self, review: Review, flag: Flag) -> list[str]:
        """Return what of a question's facts is another now than when it was answered."""
        clearing = CLEARING.get(flag.flag)
        if flag.flag == REFUSED or clearing is None:
            return []
        about = {*flag.administration_ids, *review.administration_ids}
        if BESIDE in clearing.rests_on:
            about |= self._beside(flag.administration_ids)
        facts = {*EVERY_CLAIM, *clearing.rests_on}
        return [
            *(name for name in review.changed_ids if name in about),
            *(name for name in review.changed_facts if name in facts),
        ]

    def _beside(self, ids: Iterable[str]) -> set[str]:
        """Return the administrations that flowed while these did."""
        own = [flow for name in ids for flow in self._flows(name)]
        return {
            name
            for name in self._administrations
            for start, stop in self._flows(name)
            if any((stop is None or at < stop) and (until is None or start < until) for at, until in own)
        }

    def _flows(self, name: str) -> Iterable[tuple[int, int | None]]:
        given = self._administrations.get(name)
        return () if given is None else given.flows or given.pump_flows

    def _unused(self, review: Review, why: str) -> Flag:
        known = tuple(
            name
            for name in review.administration_ids
            if name in self._administrations or name in self._voided
        )
        says = f"A decision answers nothing ({review.flag}, {review.decision}, by {review.decided_by}): {why}"
        return FLAGS["F-DECISION_UNUSED"].on(known, says, event_id=review.review_id, decided=review.flag)

    def _why_unused(self, review: Review) -> str:
        voided = [name for name in review.administration_ids if name in self._voided]
        unknown = [
            name
            for name in review.administration_ids
            if name not in self._administrations and name not in self._voided
        ]
        if voided:
            return f"{', '.join(voided)} was voided."
        if unknown:
            return f"the stay has no administration {', '.join(unknown)}."
        if review.flag not in FLAGS:
            return "there is no such flag."
        raised = self._raised.get(review.flag, [])
        if not raised:
            changed = ", ".join((*review.changed_ids, *review.changed_facts))
            since = f" any more; since then changed: {changed}" if changed else ""
            return f"the stay does not raise this flag{since}."
        if review.flag == REFUSED:
            return "several events were refused; name those it is about in refusal_ids."
        about = "; ".join(", ".join(flag.administration_ids) or "the stay" for flag in raised)
        code = f", not about {review.code}" if review.code is not None and review.decision != "code" else ""
        return f"the flag is raised about {about}{code}."


def settled(flags: Iterable[Flag], encounter: Encounter) -> tuple[tuple[Flag, ...], tuple[NotBilled, ...]]:
    """Return the flags of a stay that is not coded at all, those answered marked so, and what is not billed for it."""
    reviews, told, refused = Reviews(encounter), list[Flag](), list[NotBilled]()
    for flag in flags:
        review = reviews.answer(flag)
        told.append(flag if review is None else answered(flag, review))
        if review is not None:
            refused += [refuses(review, name) for name in flag.administration_ids]
    return (*told, *reviews.left_over()), tuple(refused)


def _same_administrations(review: Review, flag: Flag) -> bool:
    return not review.administration_ids or set(review.administration_ids) == set(flag.administration_ids)


def _stale(review: Review, flag: Flag, changed: Iterable[str]) -> Flag:
    says = f"{said(review)}. Since then changed: {', '.join(changed)}; the decision no longer holds and it is asked again."
    return FLAGS["F-DECISION_STALE"].on(
        flag.administration_ids, says.replace("..", "."), event_id=review.review_id, decided=review.flag
    )


def _unfit(review: Review, flag: Flag) -> str | None:
    """Return why a flag does not admit an answer, or None when it does."""
    decisions = admitted(flag.flag, flag.facts)
    if not decisions:
        return "this flag holds nothing and asks for no decision."
    if review.decision not in decisions:
        why = (
            " No override of this edit is possible."
            if review.decision in CLEARING[flag.flag].decisions
            else ""
        )
        return f"it admits {' or '.join(decisions)}.{why}"
    if review.decision != "code":
        among = review.code is None or flag.flag in NAMES_A_CODE or review.code in flag.says
        return None if among else f"{review.code} is not among the codes it is about."
    codes = CLEARING[flag.flag].codes
    if review.code not in codes:
        return f"it admits the codes {', '.join(codes)}."
    if review.code in COMPARED and review.comparable_code is None:
        return f"{review.code} needs a comparable_code."
    return None
