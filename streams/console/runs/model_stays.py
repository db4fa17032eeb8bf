"""The stays of the read model for a calculation: one after the other, so that no look at the file lasts long."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from models.charge import ChargeSet
from rules.engine import Profile
from rules.site_folder import under_site
from streams.batch.coder import CodedEncounter, code_linked, code_stay
from streams.console.packed import unpack_in
from streams.console.stay_record import connected, read_set
from streams.wire.encounter_key import InputLine

_A_DAY: Final = timedelta(days=1)


class ModelStay(NamedTuple):
    """One stay: what stands of it, and what its events tell; either may be missing."""

    encounter_id: str
    published: ChargeSet | None
    """The newest charge set; None where none was made, or its charges were taken back whole."""
    coded: CodedEncounter | None


class ModelStays:
    """Reads them; made by ``stays_of``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def names(self, since: date | None, until: date | None) -> list[str]:
        """
        Return the stays that may have a line on these days, in order; the caller looks at the lines.

        A stay goes from its first date of service to its departure; one without either may be of any day before it was coded.
        """
        found = self._connection.execute(
            "SELECT encounter_id FROM stays WHERE status IS NOT NULL AND status NOT IN ('withdrawn', 'cancelled')"
            " AND (:until IS NULL OR coalesce(service_from, '') <= :until)"
            " AND (:since IS NULL OR coalesce(departed_at, at_ms / 1000) >= :since) ORDER BY encounter_id",
            {
                "until": None if until is None else until.isoformat(),
                "since": None if since is None else _midnight(since - _A_DAY),
            },
        )
        return [name for (name,) in found]

    def stays(self, names: Iterable[str], profile: Profile) -> Iterator[ModelStay]:
        """Yield stays in the order of their names, coded from their events; those that merges connect are coded together."""
        groups: dict[str, dict[str, CodedEncounter]] = {}
        for name in names:
            row = self._connection.execute(
                "SELECT status, (SELECT charge_set FROM revisions r WHERE r.encounter_id = s.encounter_id ORDER BY revision DESC LIMIT 1)"
                " AS charge_set FROM stays s WHERE encounter_id = ?",
                (name,),
            ).fetchone()
            stands = row is not None and row["status"] != "withdrawn"
            group = connected(self._connection, name)
            if len(group) == 1:
                coded = self._coded(group, profile).get(name)
            else:
                first = min(group)
                if first not in groups:
                    groups[first] = self._coded(group, profile)
                coded = groups[first].pop(name, None)
            yield ModelStay(name, read_set(row["charge_set"]) if stands else None, coded)

    def _coded(self, group: Sequence[str], profile: Profile) -> dict[str, CodedEncounter]:
        marks = ",".join("?" * len(group))
        rows = self._connection.execute(
            f"SELECT value FROM events WHERE encounter_id IN ({marks}) ORDER BY at_ms, partition, position",  # noqa: S608 - question marks
            (*group,),
        ).fetchall()
        lines: list[InputLine] = [(0, number, row["value"]) for number, row in enumerate(rows, 1)]
        if not lines:
            return {}
        with under_site(profile.site):
            outcome = code_stay(group[0], lines, profile) if len(group) == 1 else code_linked(lines, profile)
        return {stay.encounter.encounter_id: stay for stay in outcome.stays}


@contextmanager
def stays_of(path: Path) -> Iterator[ModelStays]:
    """Give the stays of a read model; several processes may."""
    with closing(
        sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30.0, isolation_level=None)
    ) as connection:
        connection.row_factory = sqlite3.Row
        unpack_in(connection)
        yield ModelStays(connection)


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
