"""
A generated month made hard on memories: what a cache would meet twice, real charts spell in thousands of ways.

The generator has some fifty drug names, six payers, three facilities and two zones. Here each stay has one of hundreds of
payers, facilities and zones, and each drug is charted as orders print it, with its dose, its bag and letters of any case. The
drugs themselves stay, so the stays remain ones that a hospital would see. The same input gives the same bytes.

    python benchmarks/varied.py MONTH.jsonl > VARIED.jsonl
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Final
from zlib import crc32

from orjson import dumps, loads

ZONES: Final = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "America/Anchorage",
    "Pacific/Honolulu", "America/Puerto_Rico", "America/Detroit", "America/Boise", "America/Indiana/Indianapolis",
    "America/Kentucky/Louisville", "America/Menominee", "America/North_Dakota/Center", "America/Juneau", "America/Nome",
    "America/Adak", "America/Indiana/Knox", "America/Indiana/Tell_City", "America/Kentucky/Monticello", "Pacific/Guam",
    "America/St_Thomas", "Pacific/Pago_Pago", "America/Sitka",
)  # fmt: skip
_PAYERS: Final = 400
_OTHER_PAYERS: Final = 0.4
"""Share of stays with a payer that no policy names."""
_FACILITIES: Final = 240
_FLUIDS: Final = ("sodium chloride 0.9%", "sodium chloride 0.45%", "dextrose 5%")
_SPELLED: Final = (str.lower, str.upper, str.title, str)


def varied(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a month, each stay in a place, under a payer and with spellings of its own."""
    for line in lines:
        event = loads(line)
        # Of the stay, or of the administration, alone: so all of its events agree, in whatever order they come.
        stay = Random(crc32(event["encounter_id"].encode()))  # noqa: S311 -- a synthetic place
        if "facility" in event:
            event["facility"] = f"F{stay.randrange(_FACILITIES):03d}"
            event["time_zone"] = stay.choice(ZONES)
            if stay.random() < _OTHER_PAYERS:
                event["payer"] = f"plan-{stay.randrange(_PAYERS):03d}"
        if (drug := event.get("drug")) and "name" in drug:
            drug["name"] = _charted(drug["name"], event)
        yield dumps(event)


def _charted(name: str, event: dict[str, Any]) -> str:
    """Return a drug's name as an order prints it."""
    chance = Random(crc32(event["administration_id"].encode()))  # noqa: S311 -- a synthetic order
    spelled = chance.choice(_SPELLED)(name)
    if "%" in name or event.get("intent") == "hydrate":
        return spelled
    dose = f"{chance.randrange(20, 2000) / 4:g} mg"
    bag = event.get("volume_ml")
    return f"{spelled} {dose} in {chance.choice(_FLUIDS)} {bag:g} mL" if bag else f"{spelled} {dose}"


if __name__ == "__main__":
    with Path(sys.argv[1]).open("rb") as month:
        for varied_line in varied(month):
            sys.stdout.buffer.write(varied_line + b"\n")
