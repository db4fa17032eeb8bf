"""An edition of rates, as ``rules.tables`` reads it: ``rates.csv``, a row for each payer, code and setting, and what it was cut from."""

from collections import Counter
from collections.abc import Iterable
from csv import writer
from datetime import date
from io import StringIO
from pathlib import Path
from tomllib import TOMLDecodeError, loads
from typing import Any, Final, NamedTuple

from rules.catalogue.benchmarks import usd
from rules.tables.edition_files import EditFileError, editions_in
from rules.tables.edition_files import rows as table_rows
from rules.tables.money import PublishedRate, published_rate
from rules.tables.table_columns import COLUMNS
from streams.rates.in_network import RatesFileError
from streams.rates.spread import Spread, spread, together
from streams.rates.tally import COMMERCIAL, Key, Tally

AGGREGATE: Final = "four commercial payers"
RATES: Final = "rates.csv"
EDITION: Final = "edition.toml"
SOURCES: Final = "sources.toml"
_GRADE: Final = "C"
"""What payers and hospitals publish of themselves."""


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


def write(tally: Tally, sources: Iterable[Source], on: date, folder: Path) -> None:
    """
    Write an edition into a dated folder, beside the tables it may hold; what was left out stands in it, by reason.

    It covers the payers of these files alone: rates of others, in editions before it, continue.
    """
    text = StringIO()
    table = writer(text, lineterminator="\n")
    table.writerow(COLUMNS["rates"])
    for row in rows_of(tally):
        table.writerow((*row.key, row.rates.observed, *(usd(cents) for cents in row.rates[1:])))
    (folder / RATES).write_text(text.getvalue(), "utf-8")
    key, files = f"RATES-{on}", sorted(sources)
    said = [f'[rates]\ncite = {quoted(key)}\ncovers = "read"\nnote = {quoted(_note(tally, len(files)))}\n']
    for title, counts in (("left_out", tally.left_out), ("remarks", tally.remarks)):
        lines = [f"{quoted(reason)} = {count}\n" for reason, count in sorted(counts.items()) if count]
        said.append(f"[rates.{title}]\n" + "".join(lines))
    said += [
        f'[[rates.sources]]\nname = {quoted(one.name)}\nsha256 = "{one.sha256}"\nbytes = {one.size}\n'
        for one in files
    ]
    standing = _without(folder / EDITION, "rates") or f"effective = {on}\n"
    (folder / EDITION).write_text("\n".join([standing.rstrip("\n") + "\n", *said]), "utf-8")
    declared = {
        "title": "Payers' published rates",
        "edition": f"taken in for {on}",
        "found": ", ".join(f"{one.name} (sha256 {one.sha256[:12]})" for one in files),
        "grade": _GRADE,
    }
    section = f"[{key}]\n" + "".join(f"{name} = {quoted(value)}\n" for name, value in declared.items())
    beside = _without(folder / SOURCES, key)
    (folder / SOURCES).write_text(f"{beside}\n{section}" if beside else section, "utf-8")


def _note(tally: Tally, files: int) -> str:
    """Return in words what the edition leaves out and remarks."""
    counted = [
        f"{words} {count} times {reason}"
        for words, counts in (("left out", tally.left_out), ("remarked", tally.remarks))
        for reason, count in sorted(counts.items())
        if count
    ]
    return (
        f"From {files} {'file' if files == 1 else 'files'}; {'; '.join(counted) or 'nothing was left out'}."
    )


def _without(path: Path, name: str) -> str:
    """Return the text of a TOML file without one section and those under it; empty where there is no file."""
    if not path.exists():
        return ""
    kept, inside = [], False
    for line in path.read_text("utf-8").splitlines(keepends=True):
        if line.startswith("["):
            inside = line.strip().strip("[]").split(".")[0] == name
        if not inside:
            kept.append(line)
    return "".join(kept)


def read(folder: Path) -> tuple[list[PublishedRate], dict[str, Any]]:
    """
    Return the rows of an edition and what it says of itself; of a site's folder of editions, the newest.

    Raises:
        RatesFileError: the folder holds no edition, or one that was changed by hand and no longer reads.

    """
    dated = sorted(one.parent for one in folder.glob(f"[0-9]*/{EDITION}"))
    if dated and not (folder / EDITION).is_file():
        folder = next((one for one in reversed(dated) if (one / RATES).is_file()), dated[-1])
    try:
        edition = next(one for one in editions_in(folder) if one.table == "rates")
        rates = [published_rate(row, edition) for _, row in table_rows(edition)]
        said = loads((folder / EDITION).read_text("utf-8"))["rates"]
    except (OSError, ArithmeticError, StopIteration, ValueError, TOMLDecodeError, EditFileError) as error:
        message = "holds no edition that can be read; name a folder that infusion rates ingest wrote."
        raise RatesFileError(message) from error
    return sorted(rates), {**said, "on": edition.effective.isoformat()}


def quoted(text: str) -> str:
    """Return a text as TOML writes it."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
