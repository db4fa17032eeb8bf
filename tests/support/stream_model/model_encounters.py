"""Stays told line by line, and what a schedule does while they are: drawn for ``model_workers``."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st
from orjson import dumps, loads

from models.event import EncounterMerged
from rules.claim.set_identity import at_revision
from rules.engine import Profile
from rules.screening.other_accounts import account_of, others_beside, with_other_accounts
from streams.batch.coder import code_linked, code_stay
from streams.encounter.merge_groups import MergeGroups
from streams.synthetic.generator import stays as generated
from streams.wire.charge_json import value_of
from streams.wire.encounter_key import InputLine
from streams.wire.event_json import read
from streams.wire.rejects import Reject

NAMES = ("E1", "E2", "E3", "E4")
MORNING = datetime(2026, 3, 2, 13, tzinfo=UTC)
NOON = int(datetime(2026, 3, 2, 18, tzinfo=UTC).timestamp())

KINDS = (
    "encounter_opened", "encounter_updated", "encounter_discharged", "encounter_discharged", "encounter_reopened",
    "encounter_cancelled", "encounter_merged", "encounter_merged", "event_voided", "event_voided",
    "administration_voided", "push_given", "injection_given", "infusion_started", "infusion_stopped",
)  # fmt: skip


class Script(NamedTuple):
    """Lines in the order in which they are sent, each with the encounter it is keyed by and how far it goes astray."""

    sent: list[tuple[str, bytes, int]]


@cache
def _pool() -> tuple[tuple[dict[str, Any], ...], ...]:
    made = generated(Random(7), 60, date(2026, 3, 2), "day")  # noqa: S311 - chance, not secrecy
    return tuple(tuple(loads(line) for _, line in stay.lines) for stay in made if len(stay.lines) < 14)


def _chaos(chance: Random, ids: list[str]) -> dict[str, Any]:
    """Return one more event about any of the stays, under an id that may be taken."""
    kind = chance.choice(KINDS)
    at = MORNING + timedelta(minutes=chance.randrange(900))
    event: dict[str, Any] = {
        "type": kind,
        "event_id": chance.choice((*ids, *map(str, range(len(ids) + 3)))),
        "encounter_id": chance.choice(NAMES),
        "occurred_at": at.isoformat(),
    }
    if chance.random() < 0.5:
        event["recorded_at"] = (at + timedelta(minutes=chance.randrange(900))).isoformat()
    if chance.random() < 0.5:
        event["source"] = chance.choice(["adt", "emar"])
    if kind == "encounter_merged":
        event["into_encounter_id"] = chance.choice(NAMES)
    elif kind == "event_voided":
        event["voids_event_id"] = chance.choice((*ids, *map(str, range(len(ids) + 3))))
    elif kind == "encounter_updated":
        event["payer"] = chance.choice(["medicare", "aetna"])
    elif not kind.startswith("encounter"):
        event["administration_id"] = chance.choice(["A1", "A2"])
        if kind in {"push_given", "injection_given", "infusion_started"}:
            event["drug"] = {"name": chance.choice(["ceftriaxone", "ketorolac"])}
            event["route"] = "IM" if kind == "injection_given" else "IV"
    return event


def script(seed: int, stays: int, chaos: int) -> Script:
    """
    Return a few stays of an ordinary day, what registration makes of them, and the order in which it is sent.

    Made from a seed and not drawn event by event: what is drawn tends to be simple, and this is to be a mess.
    """
    chance = Random(seed)  # noqa: S311 - chance, not secrecy
    events: list[dict[str, Any]] = []
    for name in NAMES[:stays]:
        events += [{**event, "encounter_id": name} for event in chance.choice(_pool())]
    ids = [event["event_id"] for event in events if chance.random() < 0.5]
    for _ in range(chaos):
        events.append(_chaos(chance, ids))
        ids += [events[-1]["event_id"]] * 3
    events += [chance.choice(events) for _ in range(chance.randint(0, 3))] if events else []
    if chance.random() < 0.5:
        chance.shuffle(events)
    astray = chance.choice([0.0, 0.0, 0.1, 0.5])
    return Script([
        (event["encounter_id"], dumps(event), chance.randrange(3) if chance.random() < astray else 0)
        for event in events
    ])  # fmt: skip


def with_patients(drawn: Script, seed: int) -> Script:
    """Return a script whose registration names patients, two of them, at times another one, and whom a stay follows."""
    chance = Random(seed)  # noqa: S311 - chance, not secrecy
    usual = {name: chance.choice(("k1", "k1", "k2")) for name in NAMES}
    said: dict[bytes, bytes] = {}
    for name, line, _ in drawn.sent:
        event = loads(line)
        if event["type"] in {"encounter_opened", "encounter_updated"} and chance.random() < 0.9:
            event["patient_key"] = usual[name] if chance.random() < 0.8 else chance.choice(("k1", "k2"))
            if chance.random() < 0.2:
                event["follows_encounter_id"] = chance.choice(NAMES)
        said.setdefault(line, dumps(event))
    return Script([(name, said[line], astray) for name, line, astray in drawn.sent])


def scripts() -> st.SearchStrategy[Script]:
    """Draw scripts."""
    return st.builds(script, _SEEDS, st.sampled_from((1, 2, 3, 0)), st.sampled_from((0, 3, 6, 10)))


_SEEDS = st.integers(0, 2**32 - 1)
Action = tuple[str, int, int]
_WORDS = ("read", "turn", "checkpoint", "busy", "look", "clock", "crash", "deal", "again", "poison")


def schedule(seed: int, length: int) -> list[Action]:
    """
    Return what happens, in order: a word and two numbers that say to whom and how.

    Each schedule knows only some of the words: what needs a long time without any checkpoint would else hardly be.
    """
    chance = Random(seed)  # noqa: S311 - chance, not secrecy
    words = [
        "publish",
        *chance.choices(_WORDS, k=chance.randint(2, 6)),
        *chance.choices(("turn", "clock"), k=2),
    ]
    return [(chance.choice(words), chance.randrange(12), chance.randrange(1000)) for _ in range(length)]


def schedules() -> st.SearchStrategy[list[Action]]:
    """Draw schedules."""
    return st.builds(schedule, _SEEDS, st.sampled_from((0, 12, 25, 50, 80)))


class Expected(NamedTuple):
    """What ``infusion code`` makes of some lines: charge sets by encounter, None where nothing is charged."""

    charges: dict[str, bytes | None]
    ineffective_events: set[tuple[bytes, str]]
    """Lines it names as without effect, and its words."""


def expected(sent: list[bytes], profile: Profile, revisions: dict[str, tuple[int, str | None]]) -> Expected:
    """Return what the file coder makes of these lines; each set at the revision that was reached, and what it replaces."""
    lines = list(dict.fromkeys(sent))
    by_stay: dict[str, list[InputLine]] = {}
    links = MergeGroups()
    for number, line in enumerate(lines):
        event = read(line)
        assert not isinstance(event, Reject)
        by_stay.setdefault(event.encounter_id, []).append((0, number, line))
        if isinstance(event, EncounterMerged):
            links.link(event.encounter_id.encode(), event.into_encounter_id.encode())
    linked = set(links.ids())
    groups: dict[bytes, list[InputLine]] = {}
    outcomes = []
    for name, stay_lines in by_stay.items():
        if name.encode() in linked:
            groups.setdefault(links.group(name.encode()), []).extend(stay_lines)
        else:
            outcomes.append(code_stay(name, stay_lines, profile))
    outcomes += [code_linked(stay_lines, profile) for stay_lines in groups.values()]
    found = [account_of(stay.encounter) for outcome in outcomes for stay in outcome.stays]
    accounts = {account.encounter_id: account for account in found if account is not None}
    others = {name: others_beside(account, accounts.values()) for name, account in accounts.items()}
    told = [
        with_other_accounts(charge_set, others.get(charge_set.encounter_id, ()))
        for outcome in outcomes
        for charge_set in outcome.charge_sets
    ]
    charges = {
        charge_set.encounter_id: None
        if charge_set.status == "cancelled"
        else value_of(at_revision(charge_set, *revisions.get(charge_set.encounter_id, (1, None))))
        for charge_set in told
    }
    rejected = {(lines[reject.line], reject.reason) for outcome in outcomes for reject in outcome.rejects}
    return Expected(
        charges, {(line, why) for line, why in rejected if "came earlier with another" not in why}
    )
