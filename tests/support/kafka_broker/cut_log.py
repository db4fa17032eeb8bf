"""
Cutting the end off logs of a broker that does not run, as a power cut or an unclean leader does.

A broker that was killed checks its newest segments when it starts, rebuilds their indexes and takes what is left for
the log, so the file of records is all that has to be shortened.
"""

from apache_kafka import ApacheKafka

from streams.engine.epoch_trail import batches_in


def cut(kafka: ApacheKafka, topic: str, partition: int, records: int) -> int:
    """Cut so many records or some more, whole batches, off a partition of a killed broker; return where it ends now."""
    log = max(kafka.folder_of(topic, partition).glob("*.log"))
    held = log.read_bytes()
    batches = list(batches_in(held))
    end = batches[-1].next
    kept = [batch for batch in batches if batch.next <= end - records]
    size = _size(held, len(kept))
    with log.open("r+b") as file:
        file.truncate(size)
    return kept[-1].next if kept else batches[0].base


def ends(kafka: ApacheKafka, topic: str) -> dict[int, int]:
    """Return where each partition of a topic that has records ends, by the files of a broker that does not run."""
    found = {}
    for number in range(1_000):
        folder = kafka.folder_of(topic, number)
        if not folder.is_dir():
            return found
        batches = list(batches_in(max(folder.glob("*.log")).read_bytes()))
        if batches:
            found[number] = batches[-1].next
    return found


def _size(held: bytes, count: int) -> int:
    at = 0
    for _ in range(count):
        at += 12 + int.from_bytes(held[at + 8 : at + 12], "big")
    return at
