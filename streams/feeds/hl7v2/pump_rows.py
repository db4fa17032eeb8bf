"""
The OBX of a pump as a tree: what a device, one of its channels and one of their sources say.

OBX-4 is ``MDS.VMD.CHAN.METRIC``; a row with the metric 0 and no value only names what it contains. Some vendors write
the pump's serial number in front. Sources: IHE PCD TF vol. 2, appendix B.8; STANDARDS 3.2.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from streams.feeds.hl7v2.pump_words import (
    EVENT_SOURCE,
    INFUSING,
    SOURCES,
    STATUS,
    SYSTEM_ID,
    bare,
    enumerated,
    row_name,
    source_of,
)
from streams.feeds.hl7v2.segments import Message, Segment

_LEVELS: Final = 4
_NUMBER: Final = re.compile(r"\d{1,9}(?:\.\d{1,9})?")
_SECONDARY: Final = "SOURCE_SECONDARY"
_LONGEST: Final = 80
"""Characters of a device's id that go into ours."""

PUMP: Final = re.compile(r"(?:DEV_)?PUMP_INFUS(?!ATE|ING)|PUMP_DELIVERY_INFO")
"""What the containment rows of an infusion pump are called; a monitor has none of them."""


class Row(NamedTuple):
    """One OBX with its place in the tree."""

    obx: Segment
    name: str
    path: tuple[str, ...]
    """MDS, VMD, channel and metric; fewer where fewer are sent."""

    def block(self) -> tuple[str, ...]:
        """Return the channel it stands in."""
        return self.path[:3]


@lru_cache(maxsize=4096)
def _path(raw: str, mark: str) -> tuple[str, ...]:
    first = raw.split(mark, 1)[0].strip() if mark else raw.strip()
    return tuple(first.split(".")) if first else ()


class PumpRows:
    """The rows of one message."""

    def __init__(self, message: Message) -> None:
        self.rows: list[Row] = []
        self.serial = ""
        self._by_name: dict[str, list[Row]] = {}
        mark = message.header.raw(2)[:1]
        for obx in message.all("OBX"):
            parts = _path(obx.raw(4), mark)
            if len(parts) > _LEVELS:
                self.serial = self.serial or ".".join(parts[:-_LEVELS])
                parts = parts[-_LEVELS:]
            row = Row(obx, row_name(obx.raw(3), mark), parts)
            self.rows.append(row)
            self._by_name.setdefault(row.name, []).append(row)

    def is_pump(self) -> bool:
        """Tell whether an infusion pump sent this."""
        return any(PUMP.match(name) for name in self._by_name)

    def first(self, name: str) -> Row | None:
        """Return the first row of a name."""
        rows = self._by_name.get(name)
        return rows[0] if rows else None

    def device(self) -> str:
        """Return the pump's id: OBX-18 of the device, the serial number in front of OBX-4, else its system id; or none."""
        named = device_id(row.obx for row in self.rows)
        system = self.first(SYSTEM_ID)
        return (
            named or self.serial[:_LONGEST] or (system.obx.text(5)[:_LONGEST] if system is not None else "")
        )

    def source_block(self) -> tuple[str, ...]:
        """Return the block the message is about: that of the event's source, else the active source's, else none."""
        pointed = self.first(EVENT_SOURCE)
        if pointed is not None:
            path = tuple(pointed.obx.text(5).split("."))[-_LEVELS:]
            if len(path) == _LEVELS:
                return path[:3]
        return self._active_block(())

    def _active_block(self, channel: tuple[str, ...]) -> tuple[str, ...]:
        """Return the block of the active source of one channel of the pump, of all channels where none is named."""
        depth = len(channel)
        active = next((row for row in self._by_name.get(SOURCES, ()) if row.path[:depth] == channel), None)
        secondary = (
            active is not None and source_of(enumerated(active.obx, "pump-source-info-"))[0] == "secondary"
        )
        blocks = [row for row in self._sources() if row.path[:depth] == channel]
        for row in blocks:
            if (_SECONDARY in row.name) is secondary:
                return row.block()
        return blocks[0].block() if blocks else channel

    def reported(self) -> list[tuple[str, ...]]:
        """Return the blocks whose state is told: each with a status of its own, else each channel's active one."""
        told = dict.fromkeys(row.block() for row in self._by_name.get(STATUS, ()))
        if told:
            return [*told]
        channels = dict.fromkeys(row.path[:2] for row in self._by_name.get(INFUSING, ()))
        return [self._active_block(channel) for channel in channels]

    def _sources(self) -> list[Row]:
        return [row for name, rows in self._by_name.items() if "INFUSATE_SOURCE" in name for row in rows]

    def of(self, name: str, block: tuple[str, ...]) -> Row | None:
        """Return the row of a name: of the block, else of its channel or the pump, never of another source or channel."""
        rows = self._by_name.get(name)
        if not rows:
            return None
        others = {row.block() for row in self._sources()} - {block}
        for row in rows:
            if row.path[:3] == block:
                return row
        for row in rows:
            if row.block() not in others and (
                not block or row.path[:2] == block[:2] or row.path[1:2] in {(), ("0",)}
            ):
                return row
        return None

    def number(self, name: str, block: tuple[str, ...]) -> float | None:
        """Return a row's number; None where there is none."""
        row = self.of(name, block)
        text = row.obx.text(5) if row is not None else ""
        if not _NUMBER.fullmatch(text):
            return None
        value = float(text)
        return int(value) if value.is_integer() else value

    def in_secondary(self, block: tuple[str, ...]) -> bool:
        """Tell whether a block is that of a secondary source."""
        return any(
            row.block() == block for name, rows in self._by_name.items() if _SECONDARY in name for row in rows
        )


def device_id(rows: Iterable[Segment]) -> str:
    """Return the id of OBX-18 in the first of these that has one: the identifier, else the universal id."""
    for obx in rows:
        for component in (1, 3):
            name = obx.text(18, component) if obx.raw(18) else ""
            if name:
                return name[:_LONGEST]
    return ""


def names_pump(obx: Segment) -> bool:
    """Tell whether a row names an infusion pump."""
    return PUMP.match(bare(obx.text(3, 2))) is not None
