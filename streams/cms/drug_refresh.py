"""
A quarter's drug lists: official files in, one dated folder of small CSVs out, laid over what is installed.

Drug codes come first, because packages and exclusions are told by them. Nothing older than what is installed is laid
over it, and nothing that is less than half of it: that is the wrong file, or not all of it.
"""

from collections.abc import Mapping, Sequence
from csv import writer
from datetime import date
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Final, Literal, NamedTuple

from rules.data_files import DRUGS
from rules.formulary import exclusion_list
from rules.formulary.check import problems
from rules.formulary.crosswalks import RxNormConcept
from rules.formulary.drug_editions import (
    COLUMNS,
    DATED,
    DrugEdition,
    DrugListError,
    DrugTable,
    editions,
    laid_over,
    rows,
)
from rules.formulary.exclusion_list import Exclusion, exclusion
from rules.formulary.products import Catalogue, HcpcsCode, catalogue
from streams.cms.asp_crosswalk import read_crosswalk, read_package_units
from streams.cms.dated_folder import DatedFolder
from streams.cms.exclusion_export import read_exclusions
from streams.cms.exclusion_products import exclusion_rows
from streams.cms.hcpcs_list import read_hcpcs
from streams.cms.hcpcs_products import hcpcs_rows
from streams.cms.list_changes import list_change
from streams.cms.opps_drugs import read_statuses
from streams.cms.refresh import Change
from streams.cms.refusal import RefreshRefusedError
from streams.cms.rxnorm_release import read_release
from streams.cms.rxnorm_rows import package_rows, rxnorm_rows
from streams.cms.taken import Row, Taken
from streams.cms.toml_text import quoted, sources_text, standing_sources

DrugFile = Literal["hcpcs", "asp_ndc", "opps_drugs", "rxnorm", "sad"]
DrugFiles = Mapping[DrugFile, Path]

TITLES: Final[Mapping[DrugTable, tuple[str, str]]] = {
    "hcpcs": ("CMS-HCPCS", "HCPCS Level II, quarterly alpha-numeric file: drug codes and their days"),
    "ndc": ("CMS-ASP-NDC", "CMS ASP pricing: NDC-HCPCS crosswalk"),
    "package_units": ("CMS-ASP-NDC", "CMS ASP pricing: NDC-HCPCS crosswalk"),
    "opps_drugs": (
        "CMS-OPPS-DRUGS",
        "Medicare OPPS Addendum B: status indicators and national payment rates of drug codes",
    ),
    "rxnorm": ("RXNORM", "RxNorm, National Library of Medicine: concepts of the formulary's drugs"),
    "ndc_rxnorm": ("RXNORM", "RxNorm, National Library of Medicine: concepts of the formulary's drugs"),
    "self_administered": (
        "CMS-SAD",
        "Medicare coverage database: the contractors' lists of self-administered drugs",
    ),
}

FILE_OF: Final[Mapping[DrugTable, DrugFile]] = {
    "hcpcs": "hcpcs",
    "ndc": "asp_ndc",
    "package_units": "asp_ndc",
    "opps_drugs": "opps_drugs",
    "rxnorm": "rxnorm",
    "ndc_rxnorm": "rxnorm",
    "self_administered": "sad",
}
"""The official file each list is cut from."""

OWN_LISTS: Final = ("SAD-", "CMS-SAD-")
"""Sources that are contractors' lists; installed rows that rest on another one stay when a list is taken in."""


class Formulary(NamedTuple):
    """What is installed, as the readers of official files need it; ``codes`` grows by a list just read."""

    catalogue: Catalogue
    codes: tuple[HcpcsCode, ...]


def drug_problems(folder: Path = DRUGS) -> list[str]:
    """Return what is wrong with the drug lists of a folder, as ``infusion check`` says it."""
    return [*problems(folder), *exclusion_list.problems(folder)]


def prepared_drugs(
    on: date, files: DrugFiles, folder: Path = DRUGS, *, replace: bool = False
) -> tuple[tuple[Change, ...], DatedFolder]:
    """
    Read a quarter's drug lists and build their folder aside; return how each would move, and what is to be installed.

    Raises:
        RefreshRefusedError: a file is not good; nothing is left of the attempt.

    """
    built = DatedFolder(folder, on)
    try:
        built.restore()
        known = editions(folder)
        taken = _taken(on, files, folder)
        _refuse(on, taken, known, replace=replace)
        changes = tuple(list_change(table, of_table, folder) for table, of_table in taken.items())
        _build(on, taken, known, files, built)
    except (DrugListError, OSError, TOMLDecodeError) as error:
        built.abandon()
        raise RefreshRefusedError([str(error)]) from error
    return changes, built


def _taken(on: date, files: DrugFiles, folder: Path) -> dict[DrugTable, Taken]:
    faults: list[str] = []
    taken: dict[DrugTable, Taken] = {}
    formulary = _installed(on, folder)
    for kind in ("hcpcs", "asp_ndc", "opps_drugs", "rxnorm", "sad"):
        if (path := files.get(kind)) is None:
            continue
        try:
            taken |= _read(kind, path, on, formulary, folder)
        except RefreshRefusedError as error:
            faults += error.faults
            continue
        if kind == "hcpcs":
            formulary = _with_codes(formulary, taken["hcpcs"].rows)
    if faults:
        raise RefreshRefusedError(faults)
    return taken


def _installed(on: date, folder: Path) -> Formulary:
    """Return the installed formulary; one that cannot be read is told as ``infusion check`` tells it."""
    try:
        named = catalogue(on, folder)
        codes = [
            (code, row["product"], row["from"], row["until"])
            for code, of_code in laid_over("hcpcs", "code", folder).items()
            for row in of_code
        ]
    except (ValueError, LookupError) as error:
        faults = drug_problems(folder)
        raise RefreshRefusedError(faults or [f"the installed formulary cannot be read: {error}"]) from error
    by_code = {known: products for known, products in named.by_code.items() if known[0] != "hcpcs"}
    return _with_codes(Formulary(Catalogue(named.by_words, by_code, named.by_key), ()), codes)


def _concepts(folder: Path) -> dict[str, RxNormConcept]:
    return {
        rxcui: RxNormConcept(rxcui, row["tty"], row["ingredient"], row["product"])
        for rxcui, (row, *_) in laid_over("rxnorm", "rxcui", folder).items()
    }


def _read(kind: DrugFile, path: Path, on: date, formulary: Formulary, folder: Path) -> dict[DrugTable, Taken]:
    if kind == "hcpcs":
        return {"hcpcs": hcpcs_rows(read_hcpcs(path, on), formulary.codes, formulary.catalogue)}
    if kind == "asp_ndc":
        known = {code.code for code in formulary.codes}
        return {"ndc": read_crosswalk(path, on, known), "package_units": read_package_units(path, on, known)}
    if kind == "opps_drugs":
        return {"opps_drugs": read_statuses(path, on, {code.code for code in formulary.codes})}
    if kind == "rxnorm":
        release = read_release(path, on)
        cite = key_of("rxnorm", release.released)
        concepts = rxnorm_rows(release, formulary.catalogue, _concepts(folder), cite)
        return {"rxnorm": concepts, "ndc_rxnorm": package_rows(path, concepts.rows, release)}
    lists = read_exclusions(path, on)
    cite = key_of("self_administered", lists.released)
    kept = _resting_elsewhere(folder)
    return {"self_administered": exclusion_rows(lists, formulary.catalogue, formulary.codes, kept, cite)}


def _with_codes(formulary: Formulary, read: Sequence[Row]) -> Formulary:
    """Return the formulary as it will be with the codes of a list that was read before the others."""
    fresh = {row[0] for row in read}
    codes = [code for code in formulary.codes if code.code not in fresh]
    by_code = dict(formulary.catalogue.by_code)
    for code, product, since, until in read:
        first = date.fromisoformat(since) if since else None
        codes.append(HcpcsCode(code, product, first, date.fromisoformat(until) if until else None))
        meant, known = formulary.catalogue.by_key.get(product), by_code.get(("hcpcs", code), ())
        if meant is not None and meant not in known:
            by_code["hcpcs", code] = (*known, meant)
    whole = Catalogue(formulary.catalogue.by_words, by_code, formulary.catalogue.by_key)
    return Formulary(whole, tuple(codes))


def _resting_elsewhere(folder: Path) -> list[Exclusion]:
    latest = editions(folder)["self_administered"][-1:]
    kept = (exclusion(row) for edition in latest for _, row in rows(edition))
    return [row for row in kept if not row.cite.startswith(OWN_LISTS)]


def _refuse(
    on: date,
    taken: Mapping[DrugTable, Taken],
    known: Mapping[DrugTable, tuple[DrugEdition, ...]],
    *,
    replace: bool,
) -> None:
    faults: list[str] = []
    if not taken:
        faults.append("no file given; name at least one official file.")
    standing = sorted(table for table in taken if any(one.effective == on for one in known[table]))
    if standing and not replace:
        faults.append(f"{on:%Y%m%d} already holds {', '.join(standing)}; replace them on purpose, or not.")
    for table, of_table in taken.items():
        newest = max((one.released for one in known[table]), default=date.min)
        later = max((one.effective for one in known[table]), default=date.min)
        if of_table.released < newest:
            faults.append(
                f"{table}: the file is of {of_table.released}, older than the installed one of {newest}; take a newer one."
            )
        elif on < later:
            faults.append(f"{table}: {on} lies before the installed edition of {later}; take that quarter's.")
        before = sum(1 for _ in rows(known[table][-1])) if known[table] else 0
        if not of_table.rows:
            faults.append(f"{table}: no row of the formulary's drugs; is it the right file?")
        elif 2 * len(of_table.rows) < before:
            faults.append(
                f"{table}: {len(of_table.rows)} rows where {before} are installed; is it the whole file?"
            )
    if faults:
        raise RefreshRefusedError(faults)


def key_of(table: DrugTable, released: date) -> str:
    """Return the key of the source a list of a release cites."""
    return f"{TITLES[table][0]}-{released}"


def _build(
    on: date,
    taken: Mapping[DrugTable, Taken],
    known: Mapping[DrugTable, tuple[DrugEdition, ...]],
    files: DrugFiles,
    built: DatedFolder,
) -> None:
    new = built.building()
    sections = {
        edition.table: (edition.cite, edition.released)
        for of_table in known.values()
        for edition in of_table
        if edition.effective == on
    }
    cited = standing_sources(built.folder)
    for table, of_table in taken.items():
        cite = key_of(table, of_table.released)
        sections[table] = (cite, of_table.released)
        cited[cite] = {
            "title": TITLES[table][1],
            "section": "the formulary's drugs",
            "edition": of_table.released.isoformat(),
            "found": f"the official file, {files[FILE_OF[table]].name}",
            "grade": "A",
        }
        with (new / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            lines = writer(file, lineterminator="\n")
            lines.writerow(COLUMNS[table])
            lines.writerows(of_table.rows)
    parts = [f"effective = {on}\n"]
    parts += [
        f"[{table}]\ncite = {quoted(cite)}\nreleased = {released}\n"
        for table, (cite, released) in sorted(sections.items())
    ]
    (new / DATED).write_text("\n".join(parts), encoding="utf-8")
    (new / "sources.toml").write_text(sources_text(cited), encoding="utf-8")
