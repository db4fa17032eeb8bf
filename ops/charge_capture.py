"""
Charge capture in its simplest form: the lines that stand now, in SQLite, kept right through crashes and replays.

    KAFKA_BOOTSTRAP_SERVERS=localhost:9092 python ops/charge_capture.py charges.db [--once]

A `charge` puts a line, a `credit` takes it away, by `line_id`; a tombstone on the charges topic says that nothing
stands for a stay any more. Records and the position after them are one transaction, so a kill at any instant
repeats nothing and loses nothing; to replay a topic whole, delete its rows of `position`.
"""

import json
import os
import sqlite3
import sys
from contextlib import closing

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

LINES, SETS = "infusion.charge-lines.v1", "infusion.charges.v1"
TABLES = """
create table if not exists position (topic text, partition integer, next integer, primary key (topic, partition));
create table if not exists line (line_id text primary key, encounter_id text, code text, units integer,
  modifiers text, service_date text);
create table if not exists stay (encounter_id text primary key, revision integer, status text);
"""


def apply(db: sqlite3.Connection, topic: str, key: str, value: bytes | None) -> None:
    """Take in one record."""
    said = json.loads(value) if value else None
    if topic == SETS and said is None:
        db.execute("delete from stay where encounter_id = ?", (key,))
    elif topic == SETS:
        db.execute("insert or replace into stay values (?, ?, ?)", (key, said["revision"], said["status"]))
    elif said is not None:
        line = said["line"]
        db.execute("delete from line where line_id = ?", (line["line_id"],))
        if said["change"] == "charge":
            fields = (
                line["line_id"],
                key,
                line["code"],
                line["units"],
                " ".join(line["modifiers"]),
                line["service_date"],
            )
            db.execute("insert into line values (?, ?, ?, ?, ?, ?)", fields)


def run(path: str, *, once: bool) -> None:
    """Follow both topics, from where the database is; with ``once`` until their ends."""
    settings = {"bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"], "group.id": "charge-capture"}
    settings |= {
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
    }
    with closing(sqlite3.connect(path)) as db, closing(Consumer(settings)) as consumer:
        db.executescript(TABLES)
        places = [p for t in (LINES, SETS) for p in partitions(consumer, t)]
        known = {(t, p): n for t, p, n in db.execute("select topic, partition, next from position")}
        for place in places:
            place.offset = known.get((place.topic, place.partition), OFFSET_BEGINNING)
        consumer.assign(places)
        ended: set[tuple[str, int]] = set()
        while not (once and len(ended) == len(places)):
            with db:
                for record in consumer.consume(500, timeout=1.0):
                    place = record.topic(), record.partition()
                    if error := record.error():
                        if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 -- the client's own name for it
                            raise KafkaException(error)
                        ended.add(place)
                        continue
                    ended.discard(place)
                    apply(db, record.topic(), (record.key() or b"").decode(), record.value())
                    db.execute(
                        "insert or replace into position values (?, ?, ?)", (*place, record.offset() + 1)
                    )


def partitions(consumer: Consumer, topic: str) -> list[TopicPartition]:
    """Return the partitions of a topic."""
    return [
        TopicPartition(topic, number) for number in consumer.list_topics(topic, 10).topics[topic].partitions
    ]


if __name__ == "__main__":
    run(sys.argv[1], once="--once" in sys.argv[2:])
