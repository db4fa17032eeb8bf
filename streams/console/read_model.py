"""
The read model: an embedded SQLite file with what the pages show, filled from the topics.

What a batch of records says and how far each partition is read are written in one transaction. So a process that is
killed goes on where the file stands, and a file that is deleted is filled again from the beginning.
"""

import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, Final

from streams.console.packed import unpack_in
from streams.console.schema import EDITION, ORDERS, TABLES
from streams.engine.cluster_facts import ClusterFacts, TopicFacts
from streams.engine.log_faults import LogFaultError, fault_of

FILE: Final = "console.sqlite"

_CACHE_KIB: Final = 65_536
_PAGE_BYTES: Final = 16_384
"""A pack of charge sets fits one page, or two."""
_CHECKPOINT_PAGES: Final = 4_096
"""64 MiB written before it is merged into the file: pages that many batches change are merged once."""
_WAIT_S: Final = 10.0
"""How long a reader or the writer waits for the other; WAL keeps them apart but for moments."""

_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
"""What SQLite answers to bytes that are no pages of this file: not to a full disk, nor where somebody has it locked."""

_log = logging.getLogger(__name__)

Row = sqlite3.Row


class ReadModelError(RuntimeError):
    """The file cannot be used; the message says which, why, and what to do."""


class ReadModel:
    """One file: a writer for the thread that follows Kafka, and readers for the pages."""

    def __init__(self, folder: Path) -> None:
        """
        Open the file in a folder of this user's own; one of another edition, or damaged, is made anew.

        Raises:
            ReadModelError: the folder or the file cannot be made or read.
        """
        self.path: Final = folder / FILE
        self.damaged = False
        """Whether a page or the follower met what SQLite cannot read: the follower begins the file anew."""
        self._origin: ClusterFacts | None = None
        self._writing = Lock()
        self._open()

    def _open(self) -> None:
        self._readers: list[sqlite3.Connection] = []
        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            if not self._fits():
                self._remove()
            with os.fdopen(os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)):
                self.path.chmod(0o600)
            self._writer = self._connect()
            self._writer.execute(f"PRAGMA page_size={_PAGE_BYTES}")
            self._writer.execute("PRAGMA journal_mode=WAL")
            self._writer.execute("PRAGMA synchronous=NORMAL")
            self._writer.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
            if not self._writer.execute("PRAGMA user_version").fetchone()[0]:
                self._writer.executescript(f"BEGIN; {TABLES} PRAGMA user_version={EDITION}; COMMIT;")
        except OSError as error:
            message = f"the console's folder {folder} cannot be used: {error.strerror}; name another in INFUSION_CONSOLE_DATA_DIR"
            raise ReadModelError(message) from None
        except sqlite3.Error as error:
            message = f"{self.path} cannot be used: {error}; end whoever uses it, or delete it: it is filled again from Kafka"
            raise ReadModelError(message) from None

    def begin_anew(self) -> None:
        """
        Throw the file away and make an empty one of the same cluster.

        Raises:
            ReadModelError: the file cannot be made.
        """
        with self._writing:
            self.close()
            self._remove()
            self._open()
            self.damaged = False
        if self._origin is not None:
            self.check_origin(self._origin)

    def close(self) -> None:
        """Close every connection."""
        for connection in (self._writer, *self._readers):
            connection.close()

    def check_origin(self, now: ClusterFacts) -> None:
        """
        Compare what the file was filled from with the cluster, and note what is new.

        Raises:
            ReadModelError: the file is of another cluster, or a topic was made anew since.
        """
        rows = self._writer.execute("SELECT * FROM origin").fetchall()
        topics = {row["topic"]: TopicFacts(row["topic_id"], row["partitions"]) for row in rows}
        kept = ClusterFacts(rows[0]["cluster"], topics) if rows else None
        fault: LogFaultError | None = fault_of(kept, now) if kept is not None else None
        if fault is not None:
            message = f"{self.path} is not of these topics: {fault.fault.replace('_', ' ')}; delete it and start: it is filled again from Kafka"
            raise ReadModelError(message)
        known = self._origin = now if kept is None else kept.with_more(now)
        self.write(
            "INSERT OR REPLACE INTO origin VALUES (?, ?, ?, ?)",
            [(name, about.topic_id, about.partitions, known.cluster_id) for name, about in known.topics.items()],
        )  # fmt: skip

    def positions(self) -> dict[tuple[str, int], int]:
        """Return the offset of the next record to read, by topic and partition."""
        return {(row[0], row[1]): row[2] for row in self._writer.execute("SELECT * FROM positions")}

    def size(self) -> int:
        """Return how many bytes the file has on its disk, what is not merged into it yet included."""
        return sum(file.stat().st_size for file in self.path.parent.glob(f"{self.path.name}*"))

    @contextmanager
    def batch(self, reached: Mapping[tuple[str, int], int]) -> Iterator[sqlite3.Connection]:
        """Give the writer inside a transaction that also says how far each partition is read."""
        with self._watched(), self._writing, self._writer:
            self._writer.execute("BEGIN IMMEDIATE")
            yield self._writer
            self._writer.executemany(
                "INSERT OR REPLACE INTO positions VALUES (?, ?, ?)",
                [(topic, partition, position) for (topic, partition), position in reached.items()],
            )

    def write(self, statement: str, rows: Iterable[Sequence[Any]]) -> int:
        """Write rows in a transaction of their own, and return how many were changed."""
        with self._watched(), self._writing, self._writer:
            self._writer.execute("BEGIN IMMEDIATE")
            return self._writer.executemany(statement, rows).rowcount

    def complete(self) -> None:
        """Make what long lists are ordered by, where it is not there: the file has all that Kafka has."""
        with self._writing:
            self._writer.executescript(f"BEGIN IMMEDIATE; {ORDERS} COMMIT;")

    @contextmanager
    def reader(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that only reads; several may be given out at once."""
        readers = self._readers
        try:
            connection = readers.pop()
        except IndexError:  # all are given out
            connection = self._connect(read_only=True)
        try:
            with self._watched():
                yield connection
        finally:
            if readers is self._readers:
                readers.append(connection)
            else:  # of a file that is thrown away
                connection.close()

    def rows(self, statement: str, *values: Any) -> list[Row]:
        """Return every row of a question."""
        with self.reader() as connection:
            return connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> Row | None:
        """Return the first row of a question, None where there is none."""
        with self.reader() as connection:
            found: Row | None = connection.execute(statement, values).fetchone()
            return found

    def _connect(self, *, read_only: bool = False) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.row_factory = sqlite3.Row
        unpack_in(connection)
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
        return connection

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Note where SQLite says that the file is damaged."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            self.damaged = self.damaged or _means_damage(error)
            raise

    def _fits(self) -> bool:
        """Tell whether a file that is there is one of this edition, and whole as far as a look tells."""
        if not self.path.exists():
            return True
        try:
            with self._closing() as connection:
                edition: int = connection.execute("PRAGMA user_version").fetchone()[0]
                if edition == EDITION:
                    for table in ("positions", "origin"):
                        connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - our own words
        except sqlite3.DatabaseError as error:
            if (
                not _means_damage(error) and _code(error) != sqlite3.SQLITE_ERROR
            ):  # tables that should be there
                raise
            _log.warning("%s is damaged: it is thrown away, and filled again from Kafka", self.path)
            return False
        if edition != EDITION:
            _log.info("%s is of another release: it is thrown away, and filled again from Kafka", self.path)
        return edition == EDITION

    @contextmanager
    def _closing(self) -> Iterator[sqlite3.Connection]:
        connection = self._connect()
        try:
            yield connection
        finally:
            connection.close()

    def _remove(self) -> None:
        for ending in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                self.path.with_name(self.path.name + ending).unlink()


def _means_damage(error: sqlite3.DatabaseError) -> bool:
    return _code(error) in _DAMAGED


def _code(error: sqlite3.DatabaseError) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
