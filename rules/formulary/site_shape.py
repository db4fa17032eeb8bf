"""Checks how the lists of drugs in a site's folder are written: columns, cells, and who signed which row when."""

from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from re import compile as pattern
from typing import Final

from rules.formulary.site_rows import NEEDED, OPTIONAL, SIGNATURE, Cells, header, numbered, place
from rules.site_folder import SiteFolder, files_of

ROLES: Final = ("pharmacist", "coder", "physician")
"""Who signs: a pharmacist for the drug, a coder for its class, a physician where a committee decides."""

_SIGNER: Final = pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Row = tuple[int, Cells]
"""A row with its line number, every column of it there."""


def read_list(site: SiteFolder, file: str, problems: list[str]) -> list[Row]:
    """Return the well-formed rows of one of a site's lists; what is wrong with the others goes to ``problems``."""
    raw = files_of(site).get(place(file))
    if raw is None:
        return []
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        problems.append(f"{place(file)}: is not UTF-8 text; save it again as UTF-8.")
        return []
    line, names = header(text)
    if wrong := list(_wrong_header(file, names)):
        problems += [f"{place(file)} line {line}: {problem}" for problem in wrong]
        return []
    empty = dict.fromkeys((*NEEDED[file], *OPTIONAL[file]), "")
    good: list[Row] = []
    for number, cells in numbered(text):
        if None in cells or None in cells.values():
            problems.append(
                f"{place(file)} line {number}: has too many or too few commas; quote a cell that holds one."
            )
            continue
        row = empty | {str(name): str(cell).strip() for name, cell in cells.items()}
        bare = [name for name in NEEDED[file] if not row[name]]
        if bare:
            problems.append(f"{place(file)} line {number}: {', '.join(bare)} may not be empty.")
            continue
        good.append((number, row))
    return good


def _wrong_header(file: str, names: tuple[str, ...]) -> Iterator[str]:
    if not names:
        yield f"is empty; its first line names the columns {', '.join(NEEDED[file])}."
        return
    allowed = (*NEEDED[file], *OPTIONAL[file])
    for name in names:
        if name not in allowed:
            near = get_close_matches(name, allowed, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            yield f"there is no column {name!r}.{hint} Columns: {', '.join(allowed)}."
            return
        if names.count(name) > 1:
            yield f"the column {name} stands twice; keep one."
            return
    if missing := [name for name in NEEDED[file] if name not in names]:
        yield f"the column {', '.join(missing)} is missing."


def wrong_signature(row: Cells, today: date) -> Iterator[str]:
    """
    Yield what is wrong with the signature of a row; ``today`` is the newest date there is anywhere.

    A date of service before the signature is right: a class is a fact, and signing it only says who vouches for it.
    """
    if not any(row[name] for name in SIGNATURE):
        return
    bare = [name for name in SIGNATURE if not row[name]]
    if bare:
        yield f"is half signed: {', '.join(bare)} is empty. Write who signed, in which role, and the day; or none of them."
        return
    if not _SIGNER.fullmatch(row["signed_by"]):
        yield "signed_by is the site's own name for a person, such as pharmacist-1: letters, digits, dots, dashes."
    if row["signed_role"] not in ROLES:
        yield f"signed_role is {row['signed_role']!r}; write {', '.join(ROLES[:-1])} or {ROLES[-1]}."
    try:
        signed = date.fromisoformat(row["signed_on"])
    except ValueError:
        yield "signed_on must be a date such as 2026-11-20."
        return
    if signed > today:
        yield f"is signed on {signed}, a day still to come; write the day on which it was signed."
