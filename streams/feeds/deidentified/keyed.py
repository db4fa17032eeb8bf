"""Ids as keyed hashes, and all chance out of the same key: without it nobody can try ids, with it all is the same again."""

import hmac
from typing import Final

_LENGTH: Final = 20
"""Hexadecimal digits: 80 bits."""


class Keyed:
    """Makes ids under one secret; ids of one kind that were equal are equal, those of different kinds never."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def name(self, kind: str, identifier: str) -> str:
        """Return the id that stands for an id of a kind."""
        return f"{kind}-{self.digest('id', kind, identifier)[:_LENGTH]}"

    def digest(self, *words: str) -> str:
        """Return the HMAC-SHA-256 of words, in hexadecimal digits."""
        message = "\x1f".join(words).encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, message, "sha256").hex()


class Ranked(Keyed):
    """
    As ``Keyed``, each id of a stay with its place among the others in front, where coding asks which id is the lower.

    The places are those of one input: the same stay with further ids has others.
    """

    def __init__(self, secret: bytes, ids: dict[str, set[str]]) -> None:
        super().__init__(secret)
        self._places = {
            kind: {one: place for place, one in enumerate(sorted(names))} for kind, names in ids.items()
        }

    def name(self, kind: str, identifier: str) -> str:
        """Return the id that stands for an id of a kind; it sorts among the others as that did."""
        place = self._places.get(kind, {}).get(identifier)
        made = super().name(kind, identifier)
        return made if place is None else f"{kind}-{place:05}-{made.removeprefix(f'{kind}-')}"
