"""One calculation as a file: what was asked, how far it is, and its result; its process writes it, pages read it meanwhile."""

import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from orjson import dumps, loads

Kind = Literal["what-if", "shadow"]
State = Literal["waiting", "running", "done", "failed"]

ENDING: Final = ".sqlite"
_ID: Final = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{8}")
_WAIT_S: Final = 10.0
_TABLES: Final = """
CREATE TABLE about (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE rows (
    number INTEGER PRIMARY KEY, part TEXT NOT NULL, encounter_id TEXT NOT NULL DEFAULT '', code TEXT NOT NULL DEFAULT '', value BLOB NOT NULL
);
CREATE INDEX rows_of ON rows (part, number);
"""
"""``rows`` has every table of the result, one after the other, in the order in which it is shown."""


class Run(NamedTuple):
    """One calculation, as far as it is."""

    run_id: str
    kind: Kind
    state: State
    asked: Mapping[str, str]
    """What the form said."""
    who: str
    begun_at: float
    done: int = 0
    total: int = 0
    """Stays: how many were looked at, of how many."""
    problem: str = ""
    figures: Mapping[str, Any] = {}
    """Of the whole result, once it is done."""

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in {"done", "failed"}


class RunFile:
    """The file of one calculation."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path

    def create(self, kind: Kind, asked: Mapping[str, str], who: str, at: float) -> None:
        """
        Make the file; nobody else can read it.

        Raises:
            OSError: it is there already, or cannot be written.
        """
        os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with self.writing() as connection:
            connection.executescript(_TABLES)
        self.tell(kind=kind, asked=dict(asked), who=who, begun_at=at, state="waiting")

    def tell(self, **about: Any) -> None:
        """Write what is known about it now."""
        with self.writing() as connection, connection:
            connection.executemany(
                "INSERT OR REPLACE INTO about VALUES (?, ?)",
                [(name, dumps(value)) for name, value in about.items()],
            )

    def add(self, part: str, rows: Iterable[tuple[str, str, Any]]) -> None:
        """Add rows to a table of the result: each with its encounter, its code and its value."""
        with self.writing() as connection, connection:
            connection.executemany(
                "INSERT INTO rows (part, encounter_id, code, value) VALUES (?, ?, ?, ?)",
                [(part, encounter, code, dumps(value)) for encounter, code, value in rows],
            )

    def look(self) -> Run | None:
        """Return how far it is; None where there is no such file, or it is none of this release."""
        try:
            with self._reading() as connection:
                about = {name: loads(value) for name, value in connection.execute("SELECT * FROM about")}
            return Run(self.path.name.removesuffix(ENDING), **about)
        except (OSError, sqlite3.Error, TypeError, ValueError):
            return None

    def rows(
        self, part: str, encounter: str = "", code: str = "", limit: int = -1, skip: int = 0
    ) -> tuple[list[Any], int]:
        """Return some rows of a table, and how many match in all."""
        where, values = "part = ?", [part]
        for column, wanted in (("encounter_id", encounter), ("code", code)):
            if wanted:
                where, values = f"{where} AND {column} = ?", [*values, wanted]
        with self._reading() as connection:
            total = connection.execute(f"SELECT count(*) FROM rows WHERE {where}", values).fetchone()[0]  # noqa: S608 - our own words
            found = connection.execute(
                f"SELECT value FROM rows WHERE {where} ORDER BY number LIMIT ? OFFSET ?",  # noqa: S608 - our own words
                (*values, limit, skip),
            ).fetchall()
        return [loads(value) for (value,) in found], total

    def remove(self) -> None:
        """Delete it."""
        for ending in ("", "-journal"):
            with suppress(FileNotFoundError):
                self.path.with_name(self.path.name + ending).unlink()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that writes."""
        with closing(sqlite3.connect(self.path, timeout=_WAIT_S)) as connection:
            connection.execute(
                "PRAGMA synchronous=OFF"
            )  # a result that a failing machine loses is asked for again
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if not self.path.is_file():
            raise FileNotFoundError(self.path)
        with closing(
            sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True, timeout=_WAIT_S)
        ) as connection:
            yield connection


def is_run_id(text: str) -> bool:
    """Tell whether a text is the id of a calculation, and so the name of no other file."""
    return _ID.fullmatch(text) is not None
