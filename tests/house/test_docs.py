"""The documents: every example is run and its output compared, every verb, option, switch, rule and target exists."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import click
import pytest

from rules.flags import FLAGS
from rules.policy.switches import ANSWERABLE, SWITCHES
from rules.rulebook import all_rules
from rules.sources import sources
from streams.cli import main

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
HIDDEN = re.compile(r"/(?:\.[a-z]|__pycache__|build|dist)")
DOCUMENTS = sorted(
    path for path in ROOT.rglob("*.md") if not HIDDEN.search(f"/{path.relative_to(ROOT).as_posix()}")
)

BLOCK = re.compile(r"^```(\w*) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SKIPPED = "..."
"""A line of its own in an example's output: lines are left out here."""

ROW = re.compile(r"^\| `infusion (\w+)", re.MULTILINE)
"""A row of the table of verbs."""

VERBS = main.list_commands(click.Context(main))


def named(document: Path) -> str:
    """Return a document's name as a failure should say it."""
    return document.relative_to(ROOT).as_posix()


def blocks(document: Path) -> list[tuple[str, str, str]]:
    """Return the fenced blocks of a document: language, file name or nothing, and what stands in it."""
    return BLOCK.findall(document.read_text(encoding="utf-8"))


def examples(document: Path) -> list[str]:
    """Return the ``console`` blocks of a document: commands after ``$``, what they print below."""
    return [body for language, _, body in blocks(document) if language == "console"]


def commands(example: str) -> Iterator[tuple[str, str]]:
    """Yield each command of an example and the output it is said to have."""
    starts = [found.start() for found in re.finditer(r"^\$ ", example, re.MULTILINE)]
    assert starts[:1] == [0], "an example begins with a command"
    for start, stop in pairwise([*starts, len(example)]):
        typed, _, told = example[start + 2 : stop].partition("\n")
        yield typed, told


def ran(typed: list[str], folder: Path) -> list[str]:
    """Return what each command prints, words for people and all, run one after the other in one shell."""
    # A NUL after each command; the next one still finds its exit status in $?.
    script = "\n".join(f"{command}\n_ended=$?; printf '\\0'; (exit $_ended)" for command in typed)
    here = Path(sys.executable).parent
    assert which("infusion", path=here), "infusion is not installed here: run make test"
    run = subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=folder,
        env={
            "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
            "COLUMNS": "100",
        },
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return run.stdout.decode().split("\0")[:-1]


def same(told: str, printed: str) -> bool:
    """Tell whether output is as told; a line of three dots stands for any lines."""
    parts = [re.escape(part) for part in re.split(rf"^{re.escape(SKIPPED)}\n", told, flags=re.MULTILINE)]
    return re.fullmatch("(?:.*\n)*".join(parts), printed) is not None


def renewed(document: Path, folder: Path) -> str:
    """Return a document with the output of its examples as it is today, run in a folder with seeds and its files."""
    (folder / "seeds").symlink_to(ROOT / "seeds")
    for _, name, body in blocks(document):
        if name:
            (folder / name).write_text(body, encoding="utf-8")
    text = document.read_text(encoding="utf-8")
    for example in examples(document):
        told = list(commands(example))
        seen = ran([typed for typed, _ in told], folder)
        today = "".join(
            f"$ {typed}\n{said if same(said, printed) else printed}"
            for (typed, said), printed in zip(told, seen, strict=True)
        )
        text = text.replace(f"```console\n{example}", f"```console\n{today}")
    return text


@pytest.mark.parametrize("document", [pytest.param(one, id=named(one)) for one in DOCUMENTS if examples(one)])
def test_every_example_prints_what_the_document_says(document: Path, tmp_path: Path) -> None:
    """A reader who types what stands after ``$`` sees what stands below it; ``make docs`` writes it anew."""
    assert document.read_text(encoding="utf-8") == renewed(document, tmp_path)


def test_the_readme_shows_an_encounter_with_its_charges() -> None:
    """One worked encounter stands in it whole: events, charges and why."""
    assert any(name.endswith(".jsonl") for _, name, _ in blocks(README))
    assert any("infusion explain" in example for example in examples(README))


def test_the_table_of_verbs_is_the_table_of_contents_of_the_command() -> None:
    """Every verb has its row, in the order of ``infusion --help``, and no row has lost its verb."""
    assert ROW.findall(README.read_text(encoding="utf-8")) == VERBS


@pytest.mark.parametrize("document", [pytest.param(one, id=named(one)) for one in DOCUMENTS])
def test_what_a_document_names_exists(document: Path) -> None:
    """Verbs, options, switches, rules, flags, make targets and linked files: nothing is promised that is not there."""
    text = document.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = {
        r"`(?:\$ )?infusion ([a-z]+)\b|^\$ infusion ([a-z]+)\b": set(VERBS),
        r"`make ([a-z-]+)\b|^make ([a-z-]+)\b": set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)),
        r"--set ([a-z0-9_]+)=": {switch.key for switch in ANSWERABLE},
        r"\b([PH]-\d+b?)\b": {switch.id for switch in SWITCHES},
        r"\b(F-[A-Z]+(?:_[A-Z]+)*)\b": set(FLAGS),
        r"\b(R-[A-Z]+-\d+)\b": {rule.id for rule in all_rules()},
        r"(?<![\w-])(--[a-z][a-z-]+)": options(),
    }
    missing = [
        name
        for pattern, names in known.items()
        for found in re.finditer(pattern, text, re.MULTILINE)
        if (name := next(filter(None, found.groups()))) not in names
    ]
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", text)
    missing += [link for link in links if not (document.parent / link).exists()]
    assert not missing, f"{named(document)} names {', '.join(dict.fromkeys(missing))}"


def spoken() -> Iterator[tuple[str, click.Command]]:
    """Yield every command a person can type, with its words: the verbs, and the verbs below a verb."""
    waiting: list[tuple[str, click.Command]] = [("infusion", main)]
    while waiting:
        words, command = waiting.pop()
        yield words, command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None, f"{words} {name} is listed and cannot be loaded"
                waiting.append((f"{words} {name}", found))


def options() -> set[str]:
    """Return every option of every command, and those of the benchmarks."""
    ours = {option for _, command in spoken() for parameter in command.params for option in parameter.opts}
    scripts = (script.read_text(encoding="utf-8") for script in (ROOT / "benchmarks").glob("*.py"))
    return ours | {"--help"} | {option for script in scripts for option in re.findall(r"--[a-z-]+", script)}


@pytest.mark.parametrize("package", ["models", "streams"])
def test_the_readme_of_a_package_names_every_module(package: str) -> None:
    """Who opens the folder finds each module and package in the README beside it; a star stands for a family."""
    text = (ROOT / package / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"`([a-z_]+[*/]?)`", text)
    modules = {path.stem for path in (ROOT / package).glob("[a-z]*.py")}
    folders = {f"{path.parent.name}/" for path in (ROOT / package).glob("*/__init__.py")}
    assert {one for one in modules | folders if not any(fnmatch(one, name) for name in listed)} == set()


def test_the_picture_of_the_architecture_shows_every_package_and_only_imports_there_are() -> None:
    """Its nodes are the packages of streams, rules and models; each of its arrows is an import of the code."""
    (picture,) = (body for language, _, body in blocks(README) if language == "mermaid")
    nodes = set(re.findall(r"^ +(\w+)\[", picture, re.MULTILINE))
    packages = {path.parent.name for path in (ROOT / "streams").glob("*/__init__.py")}
    assert nodes == packages | {"rules", "models"}
    drawn = {
        (user, used)
        for user, targets in re.findall(r"^ +(\w+) --> (.+)$", picture, re.MULTILINE)
        for used in targets.split(" & ")
    }
    assert drawn
    assert drawn - imports_between(nodes) == set()


def imports_between(nodes: set[str]) -> set[tuple[str, str]]:
    """Return which package imports which; ``rules`` and ``models`` count as one package each."""
    pairs = set()
    for root in ("models", "rules", "streams"):
        for module in (ROOT / root).rglob("*.py"):
            user = module.relative_to(ROOT / "streams").parts[0] if root == "streams" else root
            for top, package in re.findall(
                r"^\s*from (models|rules|streams)(?:\.(\w+))?",
                module.read_text(encoding="utf-8"),
                re.MULTILINE,
            ):
                pairs.add((user, package if top == "streams" else top))
    return {(user, used) for user, used in pairs if user in nodes and used in nodes}


def test_every_help_text_stands_on_its_own() -> None:
    """Each command says what it does, and each of its options has a word of help."""
    for words, command in spoken():
        assert command.help, words
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{words} {parameter.opts[0]}"


def test_a_source_named_in_a_document_is_in_the_bibliography() -> None:
    """``cite = "KEY"`` in a document's policy file is a key ``rules/sources.toml`` knows."""
    cited = {
        (named(document), key)
        for document in DOCUMENTS
        for key in re.findall(r'^cite = "([A-Z][\w-]*)"', document.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {(where, key) for where, key in cited if key not in sources()} == set()


if __name__ == "__main__":
    for written in filter(examples, DOCUMENTS):
        with TemporaryDirectory() as temporary:
            written.write_text(renewed(written, Path(temporary)), encoding="utf-8")
