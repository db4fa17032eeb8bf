"""
Messages broken at random, and what must hold of whatever they come to. As a script it goes on for a while.

    INFUSION_FUZZ_SECONDS=3600 python tests/support/feed_fuzz.py

Every seed draws the same messages; the script says which seed and which message broke something.
"""

import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final

from orjson import dumps

from streams.feeds.conversion import Conversion
from streams.feeds.hl7v2.batches import Splitter
from streams.feeds.hl7v2.explain import explain
from streams.feeds.read_wire import convert
from streams.feeds.site_mapping import SiteMapping, read_site
from streams.wire.event_json import read as read_event
from streams.wire.rejects import Reject

ROOT: Final = Path(__file__).resolve().parents[2]
PERSON: Final = "Wilhelmina-4711"
"""Stands in the fields that hold a person, and may stand nowhere in what comes of a message."""
ANYTHING: Final = "Theodora-0815"
"""Stands anywhere, and may stand in no reject and no note."""

PERSONS: Final = re.compile(rb"(?m)TEST\^PATIENT")
PLACE: Final = re.compile(
    r"(?:MSH|EVN|PID|PV1|MRG|IN1|ORC|RXA|RXR|RXE|RXO|RXC|RXG|OBR|OBX)(?:-\d+)?(?: of RXA \d+)?|message|segment \d+|event [a-z_]+, .+"
)
_VALUES: Final = (
    "", '""', "0", "1", "2", "A", "U", "D", "X", "CP", "RE", "NA", "New Bag", "Stopped", "Rate Change", "I", "O", "IM",
    "IV", "IVP", "IVPB", "2026", "20260302", "20260302080000", "20261101013000", "20260308023000", "03/02/2026",
    "19880101000000-0500", "20260302080000+9900", "T", "D", "999", "1e9", "-5", "100 mL/hr", "\\F\\", "\\", "\\X0D\\",
    "\\E\\", "^^^", "~~", "&&", "\n", "\x00", "\u00c4", "\U0001f489", "x" * 300, "ADT^A40", "RAS^O17", "VXU^V04", "ORU^R42",
    ANYTHING, f"{ANYTHING}^{ANYTHING}~{ANYTHING}", f"1^{ANYTHING}",
)  # fmt: skip


def seeds() -> tuple[bytes, ...]:
    """Return the messages to begin with, a person in each, their segments ended by CR."""
    texts = [path.read_bytes() for path in sorted((ROOT / "seeds" / "wire" / "hl7v2").glob("*.hl7"))]
    splitter = Splitter()
    whole = b"\x1c\r".join(PERSONS.sub(PERSON.encode(), text).replace(b"\n", b"\r") for text in texts)
    return tuple(
        message for message in (*splitter.feed(whole), *splitter.end()) if isinstance(message, bytes)
    )


def site() -> SiteMapping:
    """Return the seeded hospital's mapping."""
    read = read_site((ROOT / "seeds" / "wire" / "site.toml").read_text("utf-8"))
    assert isinstance(read, SiteMapping)
    return read


def broken(draw: Random, messages: Sequence[bytes]) -> bytes:
    """Return a message with a few things wrong: fields, segments, delimiters, bytes."""
    lines = draw.choice(messages).decode("utf-8", "replace").split("\r")
    for _ in range(draw.randint(1, 6)):
        line = draw.randrange(len(lines))
        fields = lines[line].split("|")
        kind = draw.randrange(10)
        if kind < 6:
            place = draw.randrange(1, len(fields) + 3)
            fields += [""] * (place + 1 - len(fields))
            if not (lines[line].startswith("PID") and place == 5):
                fields[place] = draw.choice(_VALUES)
            lines[line] = "|".join(fields)
        elif kind == 6:
            lines.insert(draw.randrange(len(lines) + 1), lines[line])
        elif kind == 7 and len(lines) > 1:
            del lines[line]
        elif kind == 8:
            draw.shuffle(lines)
        else:
            lines.append(
                draw.choice(
                    (f"NTE|1||{ANYTHING}", f"ZZZ|{ANYTHING}", "OBX", "RXA", "RXR", "ORC", "MRG", "|||")
                )
            )
    raw = draw.choice(("\r", "\r", "\n", "\r\n")).join(lines).encode("utf-8", "surrogatepass")
    if draw.random() < 0.2:
        place = draw.randrange(len(raw) + 1)
        raw = (
            raw[:place]
            + draw.choice((b"\xff", b"\x00", b"\x0b", b"", b"|", b"\\"))
            + raw[place + draw.randrange(3) :]
        )
    return raw


def hold(raw: bytes, mapping: SiteMapping) -> Conversion:
    """Return what a message comes to, having asserted what must hold of it."""
    conversion = convert(raw, "hl7v2", mapping, b"a secret that nobody knows")
    assert conversion.events or conversion.rejects or conversion.ignored
    assert PERSON not in repr(conversion)
    said = repr((conversion.rejects, conversion.notes, conversion.ignored))
    assert ANYTHING not in said
    for reject in conversion.rejects:
        assert PLACE.fullmatch(reject.field), reject.field
        assert reject.says
        assert reject.remedy
    for event in conversion.events:
        assert not isinstance(read_event(dumps(event)), Reject), event["type"]
        if event["type"] == "event_refused":
            assert ANYTHING not in str(event["reason"])
    told = explain(raw, mapping, b"a secret that nobody knows")
    assert told.conversion == conversion
    assert ANYTHING not in repr((told.used, told.left))
    return conversion


def run(seed: int, count: int) -> Iterator[Conversion]:
    """Iterate over what so many broken messages of a seed come to."""
    draw = Random(seed)  # noqa: S311 - nothing secret is drawn
    messages, mapping = seeds(), site()
    for number in range(count):
        raw = broken(draw, messages)
        try:
            yield hold(raw, mapping)
        except BaseException:
            print(f"seed {seed}, message {number}: {raw!r}", file=sys.stderr)  # noqa: T201 - it says what broke it
            raise


def main() -> None:
    """Go on for ``INFUSION_FUZZ_SECONDS``, a minute unless that says otherwise."""
    seconds = float(os.environ.get("INFUSION_FUZZ_SECONDS", "60"))
    until = time.monotonic() + seconds
    seed = done = 0
    while time.monotonic() < until:
        seed += 1
        done += sum(1 for _ in run(seed, 500))
    print(f"{done} messages of {seed} seeds, nothing broke")  # noqa: T201 - it says what it did


if __name__ == "__main__":
    main()
