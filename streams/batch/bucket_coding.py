"""
A spilled bucket coded where it lies: a process reads its file, codes the stays and puts the sorted runs in its place.

So lines and charge sets of a large input pass between processes on disk, each once, and the process that gathers
has nothing to do but merge.
"""

from collections.abc import Iterator
from typing import IO, NamedTuple

from streams.batch.sorted_runs import Extent, Record, write_run
from streams.batch.spill_buckets import LinesByEncounter, stays_in
from streams.batch.stay_batches import Batch, Recipe, batches, code_batch
from streams.wire.encounter_key import InputLine


class Bucket(NamedTuple):
    """A bucket to be coded."""

    number: int
    size: int
    """Bytes of lines in its file."""
    budget: int
    linked: frozenset[bytes]
    """Stays in it that merges link with others, which are not coded here."""


class CodedBucket(NamedTuple):
    """What became of a bucket."""

    number: int
    runs: list[Extent]
    """Where its file now holds what is to be written, each run in the order of the ids."""
    linked: list[tuple[bytes, list[InputLine]]]
    """The linked stays with their lines."""
    batches: list[Batch]
    """Messages, counts and accounts, and no records."""


def code_bucket(recipe: Recipe, file: IO[bytes], bucket: Bucket) -> CodedBucket:
    """Return what became of a bucket whose file holds its lines, and has its runs afterwards."""
    linked: list[tuple[bytes, list[InputLine]]] = []
    runs: list[Extent] = []
    done: list[Batch] = []
    for stays in stays_in(file, bucket.size, bucket.budget):
        linked += [(key, stays.pop(key)) for key in sorted(bucket.linked) if key in stays]
        runs.append(write_run(file, _records(recipe, stays, done)))
    return CodedBucket(bucket.number, runs, linked, done)


def _records(recipe: Recipe, stays: LinesByEncounter, done: list[Batch]) -> Iterator[Record]:
    for units in batches(stays):
        batch = code_batch(recipe, units)
        yield from batch.records
        done.append(batch._replace(records=[]))
