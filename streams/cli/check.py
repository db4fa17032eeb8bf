"""``infusion check``: whether sources, numbers, tables, policies, rules and golden cases are in order."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from tomllib import TOMLDecodeError, load
from types import ModuleType
from typing import Final, NamedTuple

import click

from models.printable import printable
from rules import parameter, sources
from rules.catalogue import codes, coverage, fact_rows, site_check
from rules.catalogue.diagnoses import problems as wrong_diagnoses
from rules.catalogue.facts_check import problems as wrong_facts
from rules.catalogue.indicators import disagreements
from rules.catalogue.payer_answers import problems as wrong_payers
from rules.catalogue.table_age import too_old
from rules.coding import check as site_reasons
from rules.data_files import CODES, DRUGS, EDITS, FORMULARY, PARAMETERS, SITE_REASONS
from rules.drug_lines import drug_tables
from rules.formulary import exclusion_list
from rules.formulary import lookup as formulary
from rules.policy import resolve as policy
from rules.rulebook import VERSION, all_rules
from rules.site_folder import SiteFolder, SiteFolderError, read_site, under_site
from rules.tables import lookup as tables
from streams.cli.shared.site_option import newest_date, site_path_option
from streams.feeds import site_check as site_check_of_feeds
from streams.feeds.site_mapping import read_site as read_mapping
from streams.rulebook import golden_cases as cases

_FAULTS: Final = (ValueError, LookupError, TypeError, AttributeError, OSError)
"""What a reader raises when a file no longer has the shape it expects."""


class Area(NamedTuple):
    """One area of the data: its name, the folder its messages are relative to, and the function that checks it."""

    name: str
    place: str
    problems: Callable[[], list[str]]


def uncited() -> list[str]:
    """Return each cite that names no source, from the files of words and meanings; their readers look none up."""
    problems: list[str] = []
    root = PARAMETERS
    beside = {CODES, FORMULARY, SITE_REASONS}
    for path in sorted({*root.glob("*.toml"), *DRUGS.glob("*.toml"), *EDITS.glob("*.toml")} - beside):
        place = path.relative_to(root).as_posix()
        try:
            with path.open("rb") as file:
                table = load(file)
        except (OSError, TOMLDecodeError) as error:
            problems.append(f"{place}: cannot be read as TOML ({type(error).__name__}); mend or restore it.")
            continue
        keys = [part.get("cite") for part in (table, *table.values()) if isinstance(part, dict)]
        problems += [
            f"{place}: cites {key!r}, which rules/sources.toml does not hold; add it or cite a key that is."
            for key in keys
            if key is not None and key not in sources.sources()
        ]
    return problems


AREAS: Final = (
    Area("sources", "rules/", sources.problems),
    Area("numbers", "rules/", parameter.problems),
    Area("tables", "rules/parameters/edits/", tables.problems),
    Area("formulary", "rules/parameters/drugs/", formulary.problems),
    Area("drug codes' units and status", "rules/parameters/drugs/", drug_tables.problems),
    Area("self-administered drugs", "rules/", exclusion_list.problems),
    Area("reasons for a second access", "rules/parameters/", site_reasons.problems),
    Area("policies", "rules/policies/", policy.problems),
    Area("words", "rules/parameters/", uncited),
    Area("codes", "rules/", codes.problems),
    Area("facts of codes", "rules/parameters/catalogue/", fact_rows.problems),
    Area("every fact of every code", "rules/parameters/", lambda: wrong_facts(newest_date())),
    Area("payers side by side", "rules/parameters/catalogue/", lambda: list(wrong_payers())),
    Area("diagnoses", "rules/parameters/catalogue/", lambda: list(wrong_diagnoses(newest_date()))),
    Area("rules", "rules/", coverage.problems),
)
"""Everything that ships, in the order in which one rests on the other."""


@click.command("check")
@click.option(
    "--cases",
    "place",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="Where the golden cases are. Default: tests/cases of the checkout, if this is one.",
)
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    metavar="DATE",
    help="The day as of which tables are too old. Default: today.",
)
@site_path_option
@click.option(
    "--site",
    "site_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    metavar="FILE",
    help="A site's mapping of its feeds, to be checked too.",
)
def command(*, place: Path | None, on: datetime | None, site_dir: Path | None, site_file: Path | None) -> int:
    """
    Check that sources, numbers, tables, formulary, policies, codes, rules and golden cases are in order.

    Prints one line for each thing that is not: the file, what is wrong and what to do. A summary with what rests on
    nobody's signature yet goes to stderr, and so does each table that is older than a quarter, with what to fetch.
    With a site's folder it is checked too, and what it signs counts as signed; so is a site's mapping of its feeds.

    Exit status: 0 in order, 1 something is not.
    """
    problems = [problem for area in AREAS for problem in findings(area)]
    problems += case_findings(place or cases.PLACE)
    site, wrong = site_findings(site_dir)
    mapped, remarks = mapping_findings(site_file)
    wrong += mapped
    for problem in (*problems, *wrong):
        click.echo(printable(problem))
    problems += wrong
    with under_site(site):
        for line in (
            *summary(),
            *(site_check.summary(site) if site else ()),
            *case_summary(place or cases.PLACE),
            *(
                f"age        {line}"
                for line in too_old((on or datetime.now().astimezone()).date(), *folders(site))
            ),
            *(f"indicator  {said}" for said in disagreements((on or datetime.now().astimezone()).date())),
            *(f"feeds      {remark}" for remark in remarks),
        ):
            click.echo(printable(line), err=True)
    click.echo("in order" if not problems else f"{len(problems)} to mend", err=True)
    return 1 if problems else 0


def findings(area: Area) -> list[str]:
    """Return what is wrong in one area, each problem with its file; an unreadable file is a problem too."""
    try:
        problems = area.problems()
    except _FAULTS as error:
        what = f"cannot be checked ({type(error).__name__}); mend what else is found, then check again"
        return [f"{area.place.rstrip('/')}: {what}"]
    return [text if text.startswith("rules/") else f"{area.place}{text}" for text in problems]


def site_findings(site_dir: Path | None) -> tuple[SiteFolder | None, list[str]]:
    """Return a site's folder, None where it is out of order or there is none, and each thing wrong with it."""
    if site_dir is None:
        return None, []
    try:
        site = read_site(site_dir)
    except SiteFolderError as error:
        return None, [f"{site_dir.name}/{error}"]
    wrong = [f"{site_dir.name}/{problem}" for problem in site_check.problems(site, newest_date())]
    return (None if wrong else site), wrong


def mapping_findings(path: Path | None) -> tuple[list[str], list[str]]:
    """Return what is wrong with a site's mapping of its feeds, each with its file, and what is only worth knowing."""
    if path is None:
        return [], []
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return [f"{path.name}: cannot be read as UTF-8 text; mend or restore it"], []
    wrong = [f"{path.name}: {problem}" for problem in site_check_of_feeds.problems(text)]
    site = read_mapping(text)
    remarks = [] if isinstance(site, str) else site_check_of_feeds.remarks(site)
    return wrong, [f"{path.name}: {remark}" for remark in remarks]


def folders(site: SiteFolder | None) -> tuple[Path, Path]:
    """Return where the newest editions of the edits and of the drug lists are: a site's, else the shipped ones."""
    own = [Path(site.path) / shipped.name if site is not None else shipped for shipped in (EDITS, DRUGS)]
    edits, drugs = (
        folder if folder.is_dir() else shipped for folder, shipped in zip(own, (EDITS, DRUGS), strict=True)
    )
    return edits, drugs


def case_findings(place: Path) -> list[str]:
    """Return golden cases that cannot be read or share a sentence; none where there are no cases to read."""
    yaml = _yaml()
    if yaml is None:
        return []
    problems: list[str] = []
    first: dict[str, str] = {}
    for path in cases.files(place) or ():
        name = f"tests/cases/{path.relative_to(place).as_posix()}"
        try:
            # BaseLoader: every scalar stays the text it is, 10:30 and NO too.
            document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        except (OSError, ValueError, yaml.YAMLError) as error:
            problems.append(f"{name}: cannot be read as YAML ({type(error).__name__}); mend or restore it")
            continue
        problems += [f"{name}: {wrong}" for wrong in _wrong(document, name, first)]
    return problems


def _wrong(document: object, name: str, first: dict[str, str]) -> Iterator[str]:
    if not isinstance(document, list) or not document:
        yield "is no list of cases; begin each with '- case: …'"
        return
    for number, case in enumerate(document, 1):
        sentence = case.get("case") if isinstance(case, dict) else None
        if not isinstance(sentence, str) or not sentence.strip():
            yield f"case {number} has no sentence; write it after 'case:'"
        elif sentence in first:
            yield f"case {number} has the sentence of one in {first[sentence]}; name it after what is different"
        else:
            first[sentence] = name


def summary() -> Iterator[str]:
    """Yield how much there is, and how much of it nobody has confirmed yet."""
    grades = Counter(rule.grade for rule in all_rules())
    source_grades = Counter(source.grade for source in sources.sources().values())
    bases = Counter(product.basis for product in site_check.in_force())
    kinds = Counter(row.status for row in (*coverage.code_rows(), *coverage.rule_rows()))
    yield f"rules      {VERSION}: {grades.total()}, of which {grades['K']} working knowledge (grade K)"
    yield f"coverage   codes and rules: {kinds['complete']} complete, {kinds['partial']} partial, {kinds['person']} left to a person"
    yield f"sources    {source_grades.total()}, of which {source_grades['K'] + source_grades['unverified']} nobody has read"
    yield (
        f"formulary  {bases.total()} products: class by kind of product {bases['product']}, cited {bases['cited']},"
        f" signed {bases['signed']}, assigned {bases['assigned']}, unverified {bases['unverified']}"
    )
    yield f"pushable   {formulary.pushability().basis}"


def case_summary(place: Path) -> Iterator[str]:
    """Yield how many golden cases there are, and whether they could be read."""
    there = cases.files(place)
    if there is None:
        yield "cases      not installed with this package; a checkout has them in tests/cases"
        return
    count = len(cases.cases(place) or ())
    unread = "" if _yaml() else "; not parsed: that takes PyYAML, of the dev extra"
    yield f"cases      {count} in {len(there)} files{unread}"


def _yaml() -> ModuleType | None:
    try:
        return import_module("yaml")
    except ImportError:
        return None
