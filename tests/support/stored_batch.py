"""A batch of records as Kafka has it in a log, without the records."""

from struct import pack


def stored(base: int, count: int, epoch: int, form: int = 2) -> bytes:
    """Return a batch as Kafka has it in a log, with ten bytes where its records would be."""
    rest = pack(">ibIhi", epoch, form, 0, 0, count - 1) + bytes(10)
    return pack(">qi", base, len(rest)) + rest
