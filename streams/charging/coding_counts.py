"""What a batch of closed encounters came to, as counts and instants for whoever watches. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from models.encounter import Administration, Flow
from streams.charging.charge_counts import Standing, standing_of
from streams.charging.line_changes import sent_change
from streams.charging.release_state import ReleaseState
from streams.wire.closed_encounter_json import ClosedEncounter


@dataclass
class CodingCounts:
    """Counts of one batch; instants in epoch seconds."""

    revisions: Counter[str] = field(default_factory=Counter)
    """Charge sets sent, by status."""
    lines: Counter[str] = field(default_factory=Counter)
    """Line changes sent: charges and credits."""
    bedside_ends: list[int] = field(default_factory=list)
    """When what each line charged that was not charged before is for had ended."""
    departures: list[int] = field(default_factory=list)
    """When the patient of each stay that had no charge until then had left."""
    changes: list[tuple[bytes, Standing | None, Standing | None, int]] = field(default_factory=list)
    """Each stay with a new revision: key, how it stood, how it stands, its departure or closing."""
    rejects: Counter[str] = field(default_factory=Counter)

    def take(self, closed: ClosedEncounter, before: ReleaseState | None, after: ReleaseState) -> None:
        """Count a new revision."""
        was, now = standing_of(before), standing_of(after)
        departed_at = closed.encounter.departed_at
        since = closed.closed_at if departed_at is None else departed_at
        self.changes.append((closed.encounter_id.encode(), was, now, since))
        self.revisions[now.status if now else "cancelled"] += 1
        changes = [sent_change(change) for change in after.changes]
        self.lines.update(change["change"] for change in changes)
        credited = {change["line"]["line_id"] for change in changes if change["change"] == "credit"}
        fresh = [
            change["line"]
            for change in changes
            if change["change"] == "charge" and change["line"]["line_id"] not in credited
        ]
        ends = {one.administration_id: end_of(one) for one in closed.encounter.administrations}
        for line in fresh:
            known = [end for name in line["administration_ids"] if (end := ends.get(name)) is not None]
            if known:
                self.bedside_ends.append(max(known))
        charged = (was is not None and was.status == "final") or (
            before is not None and before.charged is not None
        )
        if fresh and not charged and departed_at is not None:
            self.departures.append(departed_at)


def end_of(administration: Administration) -> int | None:
    """Return when an administration ended, as far as known: its last stop, else the moment it was given."""
    stops = [*_stops(administration.flows), *_stops(administration.pump_flows)]
    return max(stops) if stops else administration.given_at


def _stops(flows: Iterable[Flow]) -> Iterable[int]:
    return [flow.stop for flow in flows if flow.stop is not None]
