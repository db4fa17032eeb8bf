"""Who looks, and what they may do: see, resolve, replay. By a token, by a proxy that vouches, or on this machine alone. Pure."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import Final, Literal, NamedTuple, get_args

from models.printable import shows
from streams.listener.access import Address, Networks
from streams.operations.resolutions.question import AnswerError
from streams.operations.resolutions.who import opaque_id

Role = Literal["see", "resolve", "replay"]

EVERYTHING: Final[tuple[Role, ...]] = get_args(Role)
"""To look at pages; to answer questions; to send rejects back, or dismiss them."""

_TOKEN_AT_LEAST: Final = 16
_LONGEST_NAME: Final = 100
_WORDS: Final = 3


class Person(NamedTuple):
    """One who may come in; ``token`` is empty for whom nobody asked for one."""

    name: str
    roles: frozenset[str]
    token: str = ""

    def may(self, role: Role) -> bool:
        """Tell whether a role is theirs."""
        return role in self.roles

    @property
    def mark(self) -> str:
        """What a browser keeps in place of the token: it lets in here, and tells the token to nobody."""
        return sha256(b"infusion console\0" + self.token.encode()).hexdigest()


class Proxy(NamedTuple):
    """A proxy that vouches: in which headers, and from which networks it is believed."""

    name_header: str
    roles_header: str
    networks: Networks


class Guard(NamedTuple):
    """Everybody who is let in; where neither is said, whoever sits at this machine."""

    people: tuple[Person, ...] = ()
    proxy: Proxy | None = None

    @property
    def asks(self) -> bool:
        """Whether anything is asked for at all."""
        return bool(self.people) or self.proxy is not None

    def by_token(self, token: str) -> Person | None:
        """Return whose token this is; every one is compared, so that time tells nothing."""
        found = [one for one in self.people if compare_digest(one.token.encode(), token.encode())]
        return found[0] if found else None

    def by_mark(self, mark: str) -> Person | None:
        """Return whose mark a browser keeps."""
        found = [one for one in self.people if compare_digest(one.mark, mark)]
        return found[0] if found else None

    def who(
        self, headers: Mapping[str, str], mark: str, address: Address | None, own_name: str
    ) -> Person | None:
        """Return who asks; None where nobody says so. ``own_name`` is what they call themselves where nothing is asked for."""
        if not self.asks:
            return Person(own_name, frozenset(EVERYTHING))
        kind, _, given = headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer" and (person := self.by_token(given.strip())) is not None:
            return person
        if mark and (person := self.by_mark(mark)) is not None:
            return person
        if self.proxy is None or not self.proxy.networks.has(address):
            return None
        name = usable_name(headers.get(self.proxy.name_header, ""))
        roles = frozenset(headers.get(self.proxy.roles_header, "").replace(",", " ").split())
        return Person(name, roles & frozenset(EVERYTHING)) if name else None


def usable_name(text: str) -> str:
    """Return a name as it may stand in an event, empty where it is none."""
    name = " ".join(text.split())[:_LONGEST_NAME]
    return name if name and shows(name) else ""


def own_id(text: str) -> str:
    """Return what somebody calls themselves in a cookie, empty where no answer could be given under it."""
    try:
        return opaque_id(usable_name(text))
    except AnswerError:
        return ""


def people_of(text: str) -> tuple[Person, ...]:
    """
    Return those whom lines name, each with a name, roles with commas between, and a token; # begins a remark.

    Raises:
        ValueError: a line is none; the message says which and why, and never what stands in it.
    """
    return tuple(_people(text.splitlines()))


def _people(lines: Iterable[str]) -> Iterable[Person]:
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != _WORDS:
            message = f"line {number} has {len(words)} words"
            raise ValueError(message)
        name, roles, token = words
        if unknown := set(roles.split(",")) - {*EVERYTHING}:
            message = f"line {number} names a role that there is not ({len(unknown)})"
            raise ValueError(message)
        if len(token) < _TOKEN_AT_LEAST or not token.isascii() or not token.isprintable() or token in seen:
            message = f"line {number}: a token is its owner's alone and has at least {_TOKEN_AT_LEAST} plain characters; make one with openssl rand -hex 32"
            raise ValueError(message)
        seen.add(token)
        yield Person(name, frozenset(roles.split(",")), token)
