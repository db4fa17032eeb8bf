"""Our sets beside what the charge system in use posted: the work of ``infusion diff`` on the read model."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import Any, BinaryIO, Final

from models.charge import ChargeSet
from rules.site_folder import under_site
from streams.batch.posted_file import PostedFileError, posted_in
from streams.batch.told_stays import posted_bytes, posted_change
from streams.console.runs.job import Job, Progress, RunError
from streams.console.runs.model_stays import ModelStays, stays_of
from streams.console.runs.run_file import RunFile
from streams.feeds.posted import PostedChange
from streams.reconciliation.comparison import Comparison
from streams.reconciliation.difference import Difference
from streams.reconciliation.difference_cells import csv_row
from streams.reconciliation.scope import ours
from streams.reconciliation.shadow import Group, groups
from streams.wire.rejects import Reject

DIFFERENCES, GROUPS, REJECTS = "differences", "groups", "rejects"
MOST_DIFFERENCES: Final = 100_000
_MOST_REJECTS: Final = 200
_AT_ONCE: Final = 1_000


def shadow(job: Job, file: RunFile) -> None:
    """
    Compare the stays of a file, and ours of the days asked for, and write what differs by what explains it.

    Without days asked for, those are the days the file has. A stay is compared whole where any line of it is on one of them.

    Raises:
        RunError: the file cannot be read, or so much differs that a page is no help.
    """
    counts = Counter[str]()
    theirs = _Theirs(file)
    with under_site(job.profile.site):
        theirs.take(job, counts)
    since, until = job.day("since") or theirs.first, job.day("until") or theirs.last
    run = Comparison(job.profile, common=bool(job.asked.get("common")))
    found: list[Difference] = []
    with stays_of(job.model) as model, theirs.reading() as posted:
        named = _named(model, posted, since, until)
        progress = Progress(job, file, len(named))
        for stay in model.stays(progress.through(named), job.profile):
            lines = posted.of(stay.encounter_id)
            dates = [*_days(stay.published), *(change.line.service_date for change in lines)]
            if not any(_within(day, since, until) for day in dates):
                continue
            coded = None if stay.coded is None else (stay.coded.encounter, stay.coded.coding)
            with under_site(job.profile.site):
                found += run.compared(stay.encounter_id, stay.published, coded, lines)
            if len(found) > MOST_DIFFERENCES:
                message = f"there are more than {MOST_DIFFERENCES:,} differences; ask for fewer days, or use infusion diff"
                raise RunError(message)
    theirs.drop()
    listed = list(groups(found))
    for number, group in enumerate(listed, 1):
        rows = [(one.encounter_id, str(number), _row(number, group, one)) for one in group.differences]
        for first in range(0, len(rows), _AT_ONCE):
            file.add(DIFFERENCES, rows[first : first + _AT_ONCE])
    file.add(GROUPS, [("", "", _group(number, group)) for number, group in enumerate(listed, 1)])
    at_odds = [group for group in listed if not group.waiting]
    file.tell(
        done=len(named),
        figures={
            **{name.replace(" ", "_"): run.counts[name] for name in ("both", "ours alone", "theirs alone", "same")},
            "lines": counts["lines"], "others": counts["others"], "rejected": counts["rejected"],
            "differences": sum(len(group.differences) for group in at_odds), "cents": sum(group.cents for group in at_odds),
            "explained": sum(len(group.differences) for group in at_odds if group.switch),
            "since": since.isoformat() if since else "", "until": until.isoformat() if until else "",
        },
    )  # fmt: skip


class _Theirs:
    """What the file posts, kept by stay in the calculation's own file while it is compared."""

    def __init__(self, file: RunFile) -> None:
        self._file = file
        self.first: date | None = None
        self.last: date | None = None

    def take(self, job: Job, counts: Counter[str]) -> None:
        """
        Read the file of a job.

        Raises:
            RunError: it cannot be read.
        """
        if job.posted is None:
            message = "no file is named"
            raise RunError(message)
        with self._file.writing() as connection, connection:
            connection.execute("CREATE TABLE theirs (encounter_id TEXT, value BLOB)")
            connection.execute("CREATE INDEX theirs_of ON theirs (encounter_id)")
        waiting: list[tuple[str, bytes]] = []
        refused: list[tuple[str, str, Any]] = []
        every = bool(job.asked.get("all_codes"))
        try:
            for number, one in posted_in(partial(_opened, job.posted), job.codes, set()):
                if isinstance(one, Reject):
                    counts["rejected"] += 1
                    if len(refused) < _MOST_REJECTS:
                        refused.append(
                            (
                                "",
                                "",
                                {"number": number, "field": one.field, "reason": one.says, "fix": one.remedy},
                            )
                        )
                elif not every and not ours(one.line.code):
                    counts["others"] += 1
                else:
                    counts["lines"] += 1
                    self._see(one.line.service_date)
                    waiting.append((one.encounter_id, posted_bytes(one)))
                if len(waiting) >= _AT_ONCE:
                    self._keep(waiting)
        except PostedFileError as error:
            message = f"the file {error}"
            raise RunError(message) from None
        except OSError as error:
            message = f"the file cannot be read: {error.strerror or type(error).__name__}"
            raise RunError(message) from None
        self._keep(waiting)
        self._file.add(REJECTS, refused)

    @contextmanager
    def reading(self) -> "Iterator[_Posted]":
        """Give what has it stay by stay."""
        with self._file.writing() as connection:
            yield _Posted(connection)

    def drop(self) -> None:
        """Let go of it: the differences are what is kept."""
        with self._file.writing() as connection:
            connection.execute("DROP TABLE theirs")
            connection.commit()

    def _see(self, day: date | None) -> None:
        if day is not None:
            self.first = day if self.first is None else min(self.first, day)
            self.last = day if self.last is None else max(self.last, day)

    def _keep(self, waiting: list[tuple[str, bytes]]) -> None:
        with self._file.writing() as connection, connection:
            connection.executemany("INSERT INTO theirs VALUES (?, ?)", waiting)
        waiting.clear()


class _Posted:
    """Gives what was posted of a stay."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def names(self) -> Iterator[str]:
        """Yield every stay of which anything was posted."""
        for (name,) in self._connection.execute("SELECT DISTINCT encounter_id FROM theirs"):
            yield name

    def of(self, encounter_id: str) -> list[PostedChange]:
        """Return what was posted of a stay, in its order."""
        rows = self._connection.execute(
            "SELECT value FROM theirs WHERE encounter_id = ? ORDER BY rowid", (encounter_id,)
        )
        return [posted_change(value) for (value,) in rows]


def _named(model: ModelStays, posted: _Posted, since: date | None, until: date | None) -> list[str]:
    return sorted({*model.names(since, until), *posted.names()})


def _days(charge_set: ChargeSet | None) -> Sequence[date | None]:
    return () if charge_set is None else [line.service_date for line in charge_set.lines]


def _within(day: date | None, since: date | None, until: date | None) -> bool:
    """Tell whether a day is one of those asked for; a line without a day is on any."""
    return day is None or ((since is None or since <= day) and (until is None or day <= until))


def _opened(path: Path) -> BinaryIO:
    """Return a file open for reading; a link in its place is none of the folder's."""
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb", buffering=0)


def _row(number: int, group: Group, one: Difference) -> dict[str, Any]:
    return {
        "encounter_id": one.encounter_id, "group": number, "cells": csv_row(group, one), "cents": one.cents,
        "their_cents": one.their_cents,
    }  # fmt: skip


def _group(number: int, group: Group) -> dict[str, Any]:
    return {
        "number": number, "switch": group.switch, "answer": group.answer, "rule": group.rule, "waiting": group.waiting,
        "differences": len(group.differences), "stays": group.stays, "cents": group.cents,
    }  # fmt: skip
