"""The tree itself: small modules with speaking names, everything described, nothing of anybody's machine in it."""

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("models", "rules", "streams")
FOLDERS = (*PACKAGES, "tests", "seeds", "benchmarks", "ops")

LONGEST_MODULE = 300
LARGEST_FILE = 1_000_000
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc", "stuff"}

MACHINE = {
    "a path of one machine": re.compile(
        r"(?<![\w.:/<>-])/(?:home|Users|root|work|mnt|media|private|srv)/\w|\b[A-Z]:\\(?:Users|Temp)"
    ),
    "an address of one network": re.compile(
        # 1.1.2.0 is where a pump's OBX-4 says a row stands.
        r"(?<![\w.])(?!0\.0\.0\.0|127\.0\.0\.1|1(?:\.\d\d?){3}(?!\d))(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"
        r"|\b[\w-]+\.(?:internal|intranet|lan|corp|localdomain)\b"
    ),
    "somebody's mail address": re.compile(r"\b[\w.+-]+@(?!example\.(?:com|org)\b)[\w-]+\.[a-z]{2,}\b"),
    "a secret": re.compile(
        r"AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|\bgh[oprsu]_\w{20}|\bxox[abprs]-\w|\beyJ[\w-]{20,}\."
        r"""|(?i:\b(?:password|passwd|secret|token|api_?key)\b["']?\s*[:=]\s*["'][^"'\s]{8,}["'])"""
    ),
}
SILENCE = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:\s*no cover)")
REASONED = re.compile(r"#\s*(?:noqa: [A-Z]+\d+(?:,\s?[A-Z]+\d+)*|type: ignore\[[\w, -]+\])\W+\w")
"""A check switched off by its name, and a word why."""


def files() -> list[Path]:
    """Return every file of the tree that is or would be tracked; without git, all but tools' leavings."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z"],  # noqa: S607 -- whichever git there is
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout.decode()
        return sorted(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())
    kept = {".ci", ".dockerignore", ".gitignore", ".pre-commit-config.yaml"}
    own = (path for path in ROOT.iterdir() if path.name in kept or not path.name.startswith("."))
    every = (file for path in own for file in ([path] if path.is_file() else path.rglob("*")))
    left = {"__pycache__", "build", "dist"}
    return sorted(file for file in every if file.is_file() and not left & set(file.relative_to(ROOT).parts))


PICTURES = [file for file in files() if file.suffix == ".png"]
FILES = [file for file in files() if file not in PICTURES]
MODULES = [file for file in FILES if file.suffix == ".py" and file.relative_to(ROOT).parts[0] in PACKAGES]
PYTHON = [file for file in FILES if file.suffix == ".py"]


def named(file: Path) -> str:
    """Return a file's name as a failure should say it."""
    return file.relative_to(ROOT).as_posix()


def lines() -> Iterator[tuple[str, str]]:
    """Yield every line of every text file with where it stands, but for this file, which names what it hunts."""
    for file in FILES:
        if file != Path(__file__).resolve():
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                yield f"{named(file)}:{number}", line


def test_no_module_is_longer_than_one_idea() -> None:
    """A module over the limit holds two ideas: split it along the seam its docstring has to say "and" about."""
    sizes = {named(file): len(file.read_text(encoding="utf-8").splitlines()) for file in MODULES}
    long = [f"{name}: {size} lines" for name, size in sizes.items() if size > LONGEST_MODULE]
    assert not long, "\n".join(long)


def test_no_module_is_named_after_nothing() -> None:
    """A module is named after what it holds; a drawer for the rest fills up until nobody finds anything."""
    assert [named(file) for file in PYTHON if VAGUE & set(file.stem.split("_"))] == []


def test_every_folder_of_modules_says_what_lives_there() -> None:
    """A package says so in its docstring; a folder of the top level has a README besides."""
    mute = [
        named(init)
        for init in sorted({file.parent / "__init__.py" for file in MODULES})
        if not (init.exists() and ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))))
    ]
    assert not mute, "\n".join(mute)
    bare = [folder for folder in FOLDERS if not (ROOT / folder / "README.md").is_file()]
    assert not bare, f"no README.md in {', '.join(bare)}"


def test_everything_public_says_what_it_is() -> None:
    """Every module, public class, public function and test has a docstring: what is promised, in one sentence."""
    mute = []
    for file in PYTHON:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            mute.append(named(file))
        mute += [
            f"{named(file)}:{node.lineno} {node.name}" for node in public(tree) if not ast.get_docstring(node)
        ]
    assert not mute, "\n".join(mute)


def public(
    tree: ast.Module | ast.ClassDef,
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Yield a module's public functions and classes, and the public methods of those classes."""
    for node in tree.body:
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
        ) and not any(ast.unparse(one).endswith((".setter", "overload")) for one in node.decorator_list):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)


def test_every_check_switched_off_names_the_check_and_the_reason() -> None:
    """``noqa`` and ``type: ignore`` carry a code and words: the next reader must be able to disagree."""
    bare = [
        place
        for place, line in lines()
        if place.split(":")[0].endswith(".py") and SILENCE.search(line) and not REASONED.search(line)
    ]
    assert not bare, "say why after the code, as in `# noqa: S311 -- repeatable, not secret`:\n" + "\n".join(
        bare
    )


def test_nothing_of_anybodys_machine_is_in_the_tree() -> None:
    """No path, network address, mail address or secret: the tree means the same wherever it is checked out."""
    found = [
        f"{place}: {what}" for place, line in lines() for what, sign in MACHINE.items() if sign.search(line)
    ]
    assert not found, "\n".join(found)


def test_pictures_are_few_small_and_shown() -> None:
    """They are what `make pictures` takes, and a document shows each."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for file in PICTURES:
        assert f"({file.relative_to(ROOT)})" in readme
        assert file.stat().st_size < 200_000


def test_every_file_is_text_a_person_can_diff() -> None:
    """UTF-8, line feeds, a last line that ends, no tabs in Python, nothing too large to read in a review."""
    odd = []
    for file in FILES:
        data = file.read_bytes()
        wrong = {
            "too large": len(data) > LARGEST_FILE,
            "carriage returns": b"\r" in data,
            "no newline at its end": data != b"" and not data.endswith(b"\n"),
            "tabs": file.suffix == ".py" and b"\t" in data,
        }
        odd += [f"{named(file)}: {what}" for what, so in wrong.items() if so]
    assert not odd, "\n".join(odd)
