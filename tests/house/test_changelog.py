"""The changelog: it names the release, and says of everything that can move a charge which charges it moves."""

import re
from datetime import date
from pathlib import Path
from tomllib import loads

from rules.flags import FLAGS
from rules.policy.switches import SWITCHES
from rules.rulebook import VERSION, all_rules
from rules.sources import sources

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
HEADING = re.compile(r"(\d\d)\.(\d\d?)\.(\d+) - (\d{4}-\d\d-\d\d)")
RELEASES = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]


def entries(release: str, section: str) -> list[str]:
    """Return the entries of one section of a release, each in one piece; none when it has no such section."""
    _, found, rest = release.partition(f"\n### {section}\n")
    body = re.split(r"^### ", rest, flags=re.MULTILINE)[0]
    return (
        [" ".join(entry.split()) for entry in re.split(r"^- ", body, flags=re.MULTILINE)[1:]] if found else []
    )


def test_the_latest_release_is_the_packages_and_the_rulebooks() -> None:
    """One version, written in three places: heading, package and the ``rulebook`` on every charge set."""
    latest = RELEASES[0].split(" ")[0]
    package = loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert (latest, latest) == (package, VERSION)


def test_releases_are_dated_newest_first() -> None:
    """A heading is year, month and count of the release, and its day; later releases stand above earlier ones."""
    found = [HEADING.fullmatch(release.splitlines()[0]) for release in RELEASES]
    assert None not in found
    dated = [(date.fromisoformat(one[4]), tuple(map(int, one.groups()[:3]))) for one in found if one]
    assert all((day.year % 100, day.month) == number[:2] for day, number in dated)
    assert dated == sorted(set(dated), reverse=True)


def test_there_are_two_kinds_of_change() -> None:
    """Coding: a charge can change. House: none can. A reader must not have to guess which."""
    for release in RELEASES:
        sections = re.findall(r"^### (.+)$", release, re.MULTILINE)
        assert sections in (["Coding"], ["House"], ["Coding", "House"])
        assert all(entries(release, section) for section in sections)


def test_a_coding_change_says_what_it_moves() -> None:
    """Dates of service, codes, rules and sources: enough to find the claims it touches."""
    for release in RELEASES:
        for entry in entries(release, "Coding"):
            for what in ("Dates of service: ", "Codes: ", "Rules: ", "Sources: "):
                assert what in entry, f"say {what!r} in: {entry}"


def test_every_source_named_is_in_the_bibliography() -> None:
    """The keys after "Sources:" are those of ``rules/sources.toml``."""
    listed = [entry.partition("Sources: ")[2] for release in RELEASES for entry in entries(release, "Coding")]
    keys = {key for words in listed for key in re.findall(r"\b[A-Z]{2}[A-Z0-9-]*[0-9A-Z]\b", words)}
    assert keys
    assert keys - set(sources()) == set()


def test_every_rule_flag_and_switch_named_exists() -> None:
    """What an entry names can be looked up with ``infusion rules``."""
    known = {rule.id for rule in all_rules()} | set(FLAGS) | {switch.id for switch in SWITCHES}
    families = {re.sub(r"-\d+$", "", name) for name in known}
    named = set(re.findall(r"\b(?:R-[A-Z]+(?:-[0-9A-Z]+)?|F-[A-Z_]+|[PH]-\d+b?)\b", TEXT))
    assert named - known - families == set()
