"""The tables of the read model, and the edition of their layout: a file of another edition is thrown away and filled anew."""

from typing import Final

EDITION: Final = 6

TABLES: Final = """
CREATE TABLE positions (
    topic TEXT, partition INTEGER, position INTEGER NOT NULL, PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
CREATE TABLE origin (
    topic TEXT PRIMARY KEY, topic_id TEXT, partitions INTEGER NOT NULL, cluster TEXT
) WITHOUT ROWID;
CREATE TABLE stays (
    encounter_id TEXT PRIMARY KEY, revision INTEGER, status TEXT, setting TEXT, payer TEXT, facility TEXT, at_ms INTEGER,
    cents INTEGER NOT NULL DEFAULT 0, codes TEXT NOT NULL DEFAULT '', held_by TEXT NOT NULL DEFAULT '', service_from TEXT,
    departed_at INTEGER, hold_ends_at INTEGER
) WITHOUT ROWID;
CREATE TABLE packs (number INTEGER PRIMARY KEY, sets BLOB);
CREATE TABLE published (
    encounter_id TEXT, revision INTEGER, status TEXT, at_ms INTEGER, cents INTEGER, position INTEGER,
    pack INTEGER, start INTEGER, length INTEGER, PRIMARY KEY (encounter_id, revision)
) WITHOUT ROWID;
CREATE VIEW revisions AS
    SELECT encounter_id, revision, status, at_ms, cents, position, set_out_of(sets, start, length) AS charge_set
    FROM published JOIN packs ON number = pack;
CREATE TABLE changes (
    partition INTEGER, position INTEGER, encounter_id TEXT, revision INTEGER, change TEXT, code TEXT, units INTEGER,
    modifiers TEXT, service_date TEXT, cents INTEGER, at_ms INTEGER, value BLOB, PRIMARY KEY (partition, position)
) WITHOUT ROWID;
CREATE INDEX changes_of ON changes (encounter_id, revision);
CREATE TABLE deliveries (
    partition INTEGER, position INTEGER, encounter_id TEXT, value BLOB, PRIMARY KEY (partition, position)
) WITHOUT ROWID;
CREATE INDEX deliveries_of ON deliveries (encounter_id);
CREATE TABLE stale (encounter_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE reconciled (
    encounter_id TEXT, number INTEGER, kind TEXT, state TEXT, pairing TEXT, about TEXT, service_date TEXT, code TEXT, units INTEGER,
    cents INTEGER, posted TEXT, posted_cents INTEGER, rule TEXT, says TEXT, facility TEXT, payer TEXT,
    PRIMARY KEY (encounter_id, number)
) WITHOUT ROWID;
CREATE INDEX reconciled_by_state ON reconciled (state, service_date);
CREATE TABLE items (encounter_id TEXT PRIMARY KEY, revision INTEGER, status TEXT, at_ms INTEGER, item BLOB);
CREATE TABLE questions (
    encounter_id TEXT, number INTEGER, flag TEXT, severity TEXT, administrations TEXT, says TEXT, suggestion TEXT,
    stake INTEGER NOT NULL, known INTEGER NOT NULL DEFAULT 0, at_stake INTEGER, payer TEXT, facility TEXT, hold_ends_at INTEGER,
    asked_at_ms INTEGER, PRIMARY KEY (encounter_id, number)
) WITHOUT ROWID;
CREATE INDEX questions_in_order ON questions (
    severity, encounter_id, number, known, at_stake, hold_ends_at, asked_at_ms, flag, payer, facility
);
CREATE TABLE events (
    partition INTEGER, position INTEGER, encounter_id TEXT, event_id TEXT, type TEXT, occurred_at TEXT, at_ms INTEGER,
    source TEXT, manual INTEGER NOT NULL, value BLOB
);
CREATE UNIQUE INDEX events_at ON events (partition, position);
CREATE INDEX events_of ON events (encounter_id);
CREATE INDEX events_by_hand ON events (at_ms) WHERE manual;
CREATE INDEX events_by_hand_of ON events (encounter_id, at_ms) WHERE manual;
CREATE TABLE merges (encounter_id TEXT, other TEXT, PRIMARY KEY (encounter_id, other)) WITHOUT ROWID;
CREATE TABLE heard (
    source TEXT, minute INTEGER, messages INTEGER NOT NULL, late INTEGER NOT NULL, newest_ms INTEGER NOT NULL,
    PRIMARY KEY (source, minute)
) WITHOUT ROWID;
CREATE TABLE spoke (
    source TEXT, minute INTEGER, messages INTEGER NOT NULL, late INTEGER NOT NULL DEFAULT 0, newest_ms INTEGER NOT NULL,
    PRIMARY KEY (source, minute)
) WITHOUT ROWID;
CREATE TABLE waiting_pumps (entry BLOB PRIMARY KEY, facility TEXT NOT NULL, infusions INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE rejects (
    partition INTEGER, position INTEGER, at_ms INTEGER, state TEXT NOT NULL DEFAULT 'open', told TEXT NOT NULL DEFAULT '',
    reason TEXT, topic TEXT, source TEXT, encounter_id TEXT, digest BLOB, headers BLOB, PRIMARY KEY (partition, position)
) WITHOUT ROWID;
CREATE INDEX rejects_by_state ON rejects (state, at_ms);
CREATE TABLE nudges (
    encounter_id TEXT, nudge_id TEXT, kind TEXT, administrations TEXT, asks TEXT, answered_by TEXT, facility TEXT, department TEXT,
    since INTEGER, asked_at INTEGER, state TEXT NOT NULL, closed_at_ms INTEGER, PRIMARY KEY (encounter_id, nudge_id)
) WITHOUT ROWID;
CREATE INDEX nudges_by_state ON nudges (state, asked_at);
CREATE TABLE claims (
    encounter_id TEXT PRIMARY KEY, name TEXT NOT NULL, until INTEGER NOT NULL
) WITHOUT ROWID;
"""
"""
``revisions`` are the sets that were ``published``, each cut out of the pack it lies in; those of one stay are in the order
of ``position`` on the topic. ``claims`` alone is not from Kafka: a lease of some minutes that may be lost with the file.
"""

ORDERS: Final = """
CREATE INDEX IF NOT EXISTS stays_by_status ON stays (status, at_ms);
CREATE INDEX IF NOT EXISTS stays_by_time ON stays (at_ms);
"""
"""What a long list is ordered by: made once the file has all there is, since a rebuild moves every entry of it."""
