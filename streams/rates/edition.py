"""An edition of rates: ``rates.csv``, a row for each payer, code and setting, and ``edition.toml``, what it was cut from."""

from collections import Counter
from collections.abc import Iterable, Mapping
from csv import DictReader, writer
from io import StringIO
from pathlib import Path
from tomllib import TOMLDecodeError, load
from typing import Final, NamedTuple

from streams.rates.in_network import RatesFileError
from streams.rates.spread import Spread, spread, together
from streams.rates.tally import COMMERCIAL, Key, Tally

AGGREGATE: Final = "four commercial payers"
COLUMNS: Final = (*Key._fields, "count", *Spread._fields[1:])
RATES: Final = "rates.csv"
EDITION: Final = "edition.toml"


class Source(NamedTuple):
    """A file an edition was cut from: its name, its digest and its size."""

    name: str
    sha256: str
    size: int


class Row(NamedTuple):
    """What one payer pays for one code in one setting."""

    key: Key
    rates: Spread


def rows_of(tally: Tally) -> list[Row]:
    """Return a row for each payer, code and setting, and one for the four commercial payers where two or more are there."""
    rows = [Row(key, spread(rates)) for key, rates in tally.rates.items()]
    grouped: dict[Key, list[tuple[str, Counter[int]]]] = {}
    for key, rates in tally.rates.items():
        if key.payer in COMMERCIAL:
            grouped.setdefault(key._replace(payer=AGGREGATE), []).append((key.payer, rates))
    rows += [
        Row(key, spread(together(rates for _, rates in many)))
        for key, many in grouped.items()
        if len({payer for payer, _ in many}) > 1
    ]
    return sorted(rows)


def write(tally: Tally, sources: Iterable[Source], on: str, folder: Path) -> None:
    """Write an edition into a folder of its own; what was left out stands in it, by reason."""
    text = StringIO()
    table = writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for row in rows_of(tally):
        table.writerow((*row.key, row.rates.observed, *(usd(cents) for cents in row.rates[1:])))
    lines = [
        "# Payers' published rates, as 'infusion rates ingest' wrote them: US dollars; a percentile is an observed rate.",
        f'on = "{on}"',
        "",
        *(
            line
            for source in sorted(sources)
            for line in (
                "[[sources]]",
                f"name = {quoted(source.name)}",
                f'sha256 = "{source.sha256}"',
                f"bytes = {source.size}",
                "",
            )
        ),
    ]
    for title, counts in (("left_out", tally.left_out), ("remarks", tally.remarks)):
        lines += [
            f"[{title}]",
            *(f"{quoted(reason)} = {count}" for reason, count in sorted(counts.items()) if count),
            "",
        ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RATES).write_text(text.getvalue(), "utf-8")
    (folder / EDITION).write_text("\n".join(lines).rstrip("\n") + "\n", "utf-8")


def read(folder: Path) -> tuple[list[Row], dict[str, object]]:
    """
    Return the rows of an edition and what it says of itself.

    Raises:
        RatesFileError: the folder holds no edition, or one that was changed by hand and no longer reads.

    """
    try:
        with (folder / RATES).open(encoding="utf-8", newline="") as file:
            rows = [_row(row) for row in DictReader(file)]
        with (folder / EDITION).open("rb") as file:
            said = load(file)
    except (OSError, KeyError, ValueError, TOMLDecodeError) as error:
        message = f"holds no edition that can be read ({type(error).__name__}); ingest the files again."
        raise RatesFileError(message) from error
    return rows, said


def _row(row: Mapping[str, str]) -> Row:
    key = Key(*(row[name] for name in Key._fields))
    amounts = [round(float(row[name]) * 100) for name in Spread._fields[1:]]
    return Row(key, Spread(int(row["count"]), *amounts))


def usd(cents: int) -> str:
    """Return an amount as ``16.37``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def quoted(text: str) -> str:
    """Return a text as TOML writes it."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
