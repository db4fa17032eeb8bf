"""The records of a fetch, read so that one of them nobody can read is told by its place."""


def install() -> None:
    """Have every client of this process read records so."""
