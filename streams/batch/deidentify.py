"""
Files of events made anew, stay by stay, in bounded memory, and a report of what was taken away.

Stays that merges connect are moved together. They are written in the order of their new ids, which says nothing of the
order they came in.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from typing import Any, Final

from models.charge import ChargeSet
from rules.engine import Profile
from rules.policy.layer_files import shipped_layers
from rules.policy.payers import by_name, payer_named
from streams.batch.coder import code_linked
from streams.batch.gather import Gatherer
from streams.batch.sorted_runs import Record, Spool, key_of_record
from streams.batch.spill_buckets import Buckets
from streams.feeds.deidentified.stay import Deidentified, deidentified
from streams.wire.encounter_key import InputLine
from streams.wire.rejects import Reject

_NO_SHIFT: Final = Reject(
    "occurred_at",
    "the stay lies across a change of clocks, and no other change lies within --weeks",
    "allow more weeks; nothing of the stay is written",
)


@dataclass
class Report:
    """What a run wrote and what it took away; nothing in it tells of a patient."""

    stays: int = 0
    events: int = 0
    refused: int = 0
    coded_the_same: int = 0
    coded_otherwise: int = 0
    tables_moved: int = 0
    """Of those coded otherwise, the ones whose tables are of another date now."""
    unknown_fields: Counter[str] = field(default_factory=Counter)
    texts_changed: Counter[str] = field(default_factory=Counter)

    def facts(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return {
            name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()
        }


class Deidentification:
    """One run: put files in with ``gatherer``, take the new lines out once with ``lines``."""

    def __init__(
        self, secret: bytes, most_weeks: int, profile: Profile, buckets: Buckets, limit: int,
        refuse: Callable[[Reject], None],
    ) -> None:  # fmt: skip
        self.report = Report()
        self._secret, self._weeks, self._profile, self._buckets = secret, most_weeks, profile, buckets
        self._refuse = refuse
        self.gatherer: Final = Gatherer(buckets, limit, self._refused)
        self._payers = by_name(shipped_layers())

    def lines(self) -> Iterator[bytes]:
        """Yield the new events, each a line, in the order of their new stays, and count what is taken away."""
        links = self.gatherer.links
        with Buckets() as linked, Spool() as spool:
            runs = []
            for stays in self._buckets.drain():
                for key in links.ids():
                    if key in stays:
                        linked.add(links.group(key), stays.pop(key))
                runs.append(spool.add(self._records(stays)))
            runs += [spool.add(self._records(groups)) for groups in linked.drain()]
            for _, lines in merge(*runs, key=key_of_record):
                yield lines

    def _records(self, groups: Mapping[bytes, list[InputLine]]) -> list[Record]:
        records = []
        for lines in groups.values():
            # By place: spilled lines come back in the order they were spilled, which is the same.
            ordered = sorted(lines, key=lambda line: line[:2])
            made = deidentified(
                [raw for _, _, raw in ordered], self._secret, self._weeks, self._public_payer, self._coded
            )
            self._count(made, ordered)
            if made.lines:
                records.append((made.encounter_ids[0].encode(), b"\n".join(made.lines) + b"\n"))
        return sorted(records)

    def _count(self, made: Deidentified, lines: Sequence[InputLine]) -> None:
        report = self.report
        for place, reject in made.rejects:
            self._refused(reject.at(*lines[place][:2]))
        if made.unshifted:
            self._refused(_NO_SHIFT.at(*lines[0][:2]))
        report.unknown_fields.update(made.dropped)
        report.texts_changed.update(+made.changed)
        stays = len(made.encounter_ids)
        report.stays += stays
        report.events += len(made.lines)
        report.coded_the_same += stays * made.same
        report.coded_otherwise += stays * (not made.same)
        report.tables_moved += stays * made.tables_moved

    def _refused(self, reject: Reject) -> None:
        self.report.refused += 1
        self._refuse(reject)

    def _public_payer(self, name: str) -> str | None:
        layer = payer_named(name, self._payers)
        return None if layer is None else layer.name

    def _coded(self, lines: Sequence[bytes]) -> dict[str, ChargeSet]:
        given = [(0, number, raw) for number, raw in enumerate(lines, 1)]
        return {one.encounter_id: one for one in code_linked(given, self._profile).charge_sets}
