"""What another policy would move of the stays of some days: the work of ``infusion recode --compare`` on the read model."""

from collections import Counter
from typing import Any

from models.charge import ChargeSet
from rules.engine import Profile
from streams.charging.recode import what_if, what_if_title
from streams.console.runs.job import Job, Progress
from streams.console.runs.model_stays import stays_of
from streams.console.runs.run_file import RunFile
from streams.reconciliation.moves import Move, Totals, moves

LINES, CODES, STATUSES = "lines", "codes", "statuses"


def asked_profile(standing: Profile, policy: str, switches: tuple[tuple[str, str], ...]) -> Profile:
    """Return the profile of a what-if: a policy in place of the one in force, if one is named, and some switches on top."""
    return standing._replace(policy=policy or standing.policy, overrides=(*standing.overrides, *switches))


def switches_of(text: str) -> tuple[tuple[str, str], ...]:
    """
    Return the switches of ``KEY=VALUE KEY=VALUE``, with blanks, commas or lines between.

    Raises:
        ValueError: one is none; the message says which.
    """
    found = []
    for part in text.replace(",", " ").split():
        key, equals, answer = part.partition("=")
        if not equals or not key or not answer:
            message = f"{part[:60]} is no switch; write KEY=VALUE, for example partial_overlap=full_time"
            raise ValueError(message)
        found.append((key, answer))
    return tuple(found)


def what_ifs(job: Job, file: RunFile) -> None:
    """
    Code every stay of the days asked for as things stand and under the other policy, and write what moves.

    What stands is the stay as the policy in force codes its events today. Where that is not what was published, an answer
    or an event came since, or another release coded it: such stays are counted, so that nobody takes that for the policy's work.
    """
    since, until = job.day("since"), job.day("until")
    switches = switches_of(job.asked.get("set", ""))
    profile = asked_profile(job.profile, job.asked.get("policy", ""), switches)
    totals, counts = Totals(), Counter[str]()
    with stays_of(job.model) as model:
        names = model.names(since, until)
        progress = Progress(job, file, len(names))
        waiting: list[Move] = []
        for stay in model.stays(progress.through(names), job.profile):
            if stay.coded is None:
                counts["without_events"] += stay.published is not None and bool(stay.published.lines)
                continue
            standing = stay.coded.coding.charge_set
            again = what_if(stay.coded.encounter, standing, profile, since, until)
            if again is None:
                continue
            counts["otherwise"] += stay.published is not None and _lines(stay.published) != _lines(standing)
            totals.stays += 1
            totals.changed += again.changed
            totals.statuses[standing.status, again.charge_set.status] += 1
            moved = moves(again.changes)
            totals.take(moved)
            waiting += moved
            if len(waiting) > 500:  # noqa: PLR2004 - rows in one transaction
                file.add(LINES, map(_line, waiting))
                waiting = []
        file.add(LINES, map(_line, waiting))
    file.add(CODES, [("", one.code, one) for one in totals.codes()])
    changed = [(pair, count) for pair, count in sorted(totals.statuses.items()) if pair[0] != pair[1]]
    file.add(
        STATUSES, [("", "", {"before": pair[0], "after": pair[1], "stays": count}) for pair, count in changed]
    )
    asked = Profile(job.asked.get("policy") or None, switches)
    file.tell(
        done=len(names),
        figures={
            "title": what_if_title(asked, "the policy in force"), "stays": totals.stays, "changed": totals.changed, "moved": totals.moved,
            "cents": totals.cents, "otherwise": counts["otherwise"], "without_events": counts["without_events"],
            "statuses": [[*pair, count] for pair, count in sorted(totals.statuses.items())],
        },
    )  # fmt: skip


def _line(one: Move) -> tuple[str, str, Any]:
    return one.encounter_id, one.code, one


def _lines(charge_set: ChargeSet) -> list[tuple[object, ...]]:
    return sorted(
        (line.code, line.units, line.modifiers, line.service_date.isoformat()) for line in charge_set.lines
    )
