"""
How fast an in-network file streams, and in how much memory: a file of the official schema, made here and thrown away.

    python benchmarks/rates_bench.py MEGABYTES

One code in a hundred is ours, each with 40 rates of eight provider references in two classes; 20,000 references stand
before them. Prints one row of benchmarks/rates.csv for each reader, in MB of uncompressed JSON a second of processor time. What the
verb does with a whole file, its digest too, is measured of the plain file and of its gzip.
"""

import gzip
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory

import ijson

from streams.rates.files import ingest
from streams.rates.in_network import read
from streams.rates.object_slices import slices

CHUNK = 1 << 22
GROUPS = 20_000
OURS = ("96365", "96375", "96413")


def make(path: Path, megabytes: int) -> None:
    """Write a file of that size."""
    draw = random.Random(1)  # noqa: S311 -- repeatable, not secret
    with path.open("w", encoding="utf-8") as file:
        head = {
            "reporting_entity_name": "Cigna",
            "reporting_entity_type": "issuer",
            "last_updated_on": "2026-10-01",
        }
        file.write(json.dumps({**head, "version": "2.0.0"})[:-1] + ',"provider_references":[')
        file.write(",".join(json.dumps(_group(number)) for number in range(GROUPS)) + '],"in_network":[')
        first = True
        while file.tell() < megabytes * 1_000_000:
            code = draw.choice(OURS) if not draw.randrange(100) else str(draw.randint(10_000, 89_999))
            file.write(("" if first else ",") + json.dumps(_entry(code, draw)))
            first = False
        file.write("]}")


def _group(number: int) -> dict[str, object]:
    tin = {"type": "ein", "value": f"{number:09d}", "business_name": "b"}
    npi = [1_000_000_000 + number * 12 + one for one in range(12)]
    return {"provider_group_id": number, "network_name": ["n"], "provider_groups": [{"npi": npi, "tin": tin}]}


def _entry(code: str, draw: random.Random) -> dict[str, object]:
    prices = [
        {
            "negotiated_type": "negotiated",
            "negotiated_rate": round(draw.uniform(10, 900), 2),
            "expiration_date": "9999-12-31",
            "billing_class": billed,
            "setting": "outpatient",
            "service_code": ["11", "22"],
        }
        for billed in ("professional", "institutional")
    ]
    rates = [
        {"provider_references": [draw.randrange(GROUPS) for _ in range(8)], "negotiated_prices": prices}
        for _ in range(40)
    ]
    return {
        "negotiation_arrangement": "ffs",
        "name": "n",
        "billing_code_type": "CPT",
        "billing_code_type_version": "2026",
        "billing_code": code,
        "description": "d",
        "negotiated_rates": rates,
    }


def chunks(path: Path) -> Iterator[bytes]:
    """Yield the file in pieces."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def by_slices(path: Path) -> int:
    """Return how many rates the product's own reader keeps."""
    return len(read(slices(chunks(path)), "2026-10-01", None).rates)


def by_ijson(path: Path) -> int:
    """Return how many objects ijson's fastest reader builds."""
    with path.open("rb") as file:
        return sum(1 for _ in ijson.items(file, "in_network.item", buf_size=CHUNK, use_float=True))


def whole(path: Path) -> int:
    """Return how many rows the verb makes of a file, plain or gzip."""
    return len(ingest(path, "2026-10-01", None, lambda _: None)[0].rates)


def packed(path: Path) -> Path:
    """Return the gzip of a file, beside it, as payers publish it."""
    target = path.with_suffix(".json.gz")
    with path.open("rb") as file, gzip.open(target, "wb", compresslevel=6) as out:
        copyfileobj(file, out, CHUNK)
    return target


def measured(path: Path, name: str, read_it: Callable[[Path], int], size: float | None = None) -> str:
    """Return a row: reader, megabytes, megabytes a second of processor time, and the process's largest memory in MB."""
    size = size or path.stat().st_size / 1e6
    before = time.process_time()
    read_it(path)
    spent = time.process_time() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return f"{name},{size:.0f},{size / spent:.0f},{memory}"


def main() -> None:
    """Make a file, read it both ways; ijson reads a tenth as much, for it takes the longer."""
    megabytes = int(sys.argv[1])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "in-network.json"
        print("reader,megabytes,megabytes_a_second,memory_mb")
        make(path, megabytes)
        print(measured(path, "slices and orjson", by_slices), flush=True)
        print(measured(path, "whole verb", whole), flush=True)
        size = path.stat().st_size / 1e6
        print(measured(packed(path), "whole verb, gzip", whole, size), flush=True)
        make(path, max(1, megabytes // 10))
        print(measured(path, f"ijson {ijson.backend}", by_ijson))


if __name__ == "__main__":
    main()
