"""
Which events still count once what was entered in error is taken away (R-WIN-4).

A void names an event by its id and may come before it. A void that is itself voided does nothing, so what
it took away is back; two voids that take each other away are settled in favour of the one stored last.
"""

from collections.abc import Sequence

from streams.encounter.dated_event import DatedEvent, by_record


class _Voiding:
    """The voids of one reading, decided one after another."""

    def __init__(self, entries: Sequence[DatedEvent], voiders: list[int]) -> None:
        self.entries = entries
        self.named: dict[str, list[int]] = {}
        for index, entry in enumerate(entries):
            self.named.setdefault(entry.event_id, []).append(index)
        self.targets = {voider: self._targets(voider) for voider in voiders}
        self.undecided = set(voiders)
        self.threats = dict.fromkeys(voiders, 0)
        for voider in voiders:
            for target in self.targets[voider]:
                if target in self.threats:
                    self.threats[target] += 1
        self.gone: set[int] = set()

    def _targets(self, voider: int) -> list[int]:
        """Return what the void names in its own encounter, or after a merge in the others."""
        void = self.entries[voider]
        if void.event.type != "event_voided":
            return []
        others = [index for index in self.named.get(void.event.voids_event_id, ()) if index != voider]
        own = [index for index in others if self.entries[index].encounter_id == void.encounter_id]
        return own or others

    def _relieve(self, voider: int) -> list[int]:
        """Take a decided void's threat off the voids it names; return those nothing threatens any more."""
        free = []
        for target in self.targets[voider]:
            if target in self.undecided:
                self.threats[target] -= 1
                if not self.threats[target]:
                    free.append(target)
        return free

    def decide(self) -> set[int]:
        """Return the positions of the events that were taken away."""
        newest_last = sorted(self.undecided, key=lambda index: by_record(self.entries[index]))
        ready = [voider for voider in newest_last if not self.threats[voider]]
        while self.undecided:
            while not ready:
                candidate = newest_last.pop()
                if candidate in self.undecided:
                    ready.append(candidate)
            voider = ready.pop()
            if voider not in self.undecided:
                continue
            self.undecided.discard(voider)
            for target in self.targets[voider]:
                self.gone.add(target)
                if target in self.undecided:
                    self.undecided.discard(target)
                    ready += self._relieve(target)
        return self.gone


def effective(entries: Sequence[DatedEvent]) -> Sequence[DatedEvent]:
    """
    Return the events no effective void names, in the order given; voids that took effect stay in.

    A void reaches every event with that id in its encounter, whatever the source. Among merged encounters it
    reaches into the others when its own has no such event.
    """
    if "event_voided" not in [entry.kind for entry in entries]:  # as in most stays
        return entries
    voiders = [index for index, entry in enumerate(entries) if entry.kind == "event_voided"]
    named = {entries[voider].fields.voids_event_id for voider in voiders}
    alone = len({entry.encounter_id for entry in entries}) == 1
    if alone and named.isdisjoint([entries[voider].event_id for voider in voiders]):
        return [entry for entry in entries if entry.event_id not in named]  # no void names another
    gone = _Voiding(entries, voiders).decide()
    return [entry for index, entry in enumerate(entries) if index not in gone]
