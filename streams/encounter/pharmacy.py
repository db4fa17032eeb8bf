"""What was thrown away of a stay's drugs, and what was handed out for it, beside what was given."""

from collections.abc import Iterable, Mapping, Sequence

from models.encounter import Administration, Dispense, Waste
from streams.encounter.dated_event import DatedEvent, latest_recorded


def with_waste(
    given: Sequence[Administration], wasted: Mapping[str, Iterable[DatedEvent]]
) -> tuple[tuple[Administration, ...], tuple[Waste, ...]]:
    """Return the administrations, each with what was thrown away of it, and the waste of those that are not among them."""
    found = {name: _waste(name, entries) for name, entries in wasted.items()}
    with_theirs = tuple(
        one._replace(wasted=found.pop(one.administration_id)) if one.administration_id in found else one
        for one in given
    )
    apart = sorted((waste for all_of_it in found.values() for waste in all_of_it), key=_place)
    return with_theirs, tuple(apart)


def _waste(administration_id: str, entries: Iterable[DatedEvent]) -> tuple[Waste, ...]:
    found = [
        Waste(
            entry.event_id,
            administration_id,
            entry.event.amount,
            entry.event.unit,
            entry.event.reason,
            int(entry.at),
        )
        for entry in entries
        if entry.event.type == "drug_wasted"
    ]
    return tuple(sorted(found, key=_place))


def _place(waste: Waste) -> tuple[int, str, str]:
    return waste.at, waste.administration_id, waste.waste_id


def dispensed_of(
    entries: Iterable[DatedEvent], names: Mapping[str, str] | None = None
) -> tuple[Dispense, ...]:
    """
    Return what was handed out, each as stored last, in order of time.

    ``names`` are what administrations go by now, where stays were merged.
    """
    by_id: dict[str, list[DatedEvent]] = {}
    for entry in entries:
        by_id.setdefault(entry.fields.dispense_id, []).append(entry)
    found = []
    for dispense_id, told in by_id.items():
        last = latest_recorded(told)
        if last is not None and last.event.type == "drug_dispensed":
            event = last.event
            of = event.administration_id
            named = (names or {}).get(of, of) if of is not None else None
            found.append(
                Dispense(
                    dispense_id, named, event.order_id, event.drug, event.dose, event.dose_unit, int(last.at)
                )
            )
    return tuple(sorted(found, key=lambda one: (one.at, one.dispense_id)))
