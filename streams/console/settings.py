"""The console's settings, read from its environment, with a message for each that is wrong. One that would stand open is refused."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from streams.console.people import EVERYTHING, Guard, Person, Proxy, people_of
from streams.feeds.charge_codes import ChargeCodes
from streams.listener.access import is_loopback, networks_of
from streams.metrics.bind import BIND, Bind, BindError, bind_of
from streams.worker.adapters import FeedSettingError, site_from
from streams.worker.settings import SettingError

ADDRESS: Final = "INFUSION_CONSOLE_BIND"
FOLDER: Final = "INFUSION_CONSOLE_DATA_DIR"
TOKENS: Final = "INFUSION_CONSOLE_TOKENS"
TOKENS_FILE: Final = "INFUSION_CONSOLE_TOKENS_FILE"
PROXY_HEADER: Final = "INFUSION_CONSOLE_PROXY_HEADER"
ROLES_HEADER: Final = "INFUSION_CONSOLE_ROLES_HEADER"
PROXIES: Final = "INFUSION_CONSOLE_PROXIES"
DASHBOARDS: Final = "INFUSION_CONSOLE_DASHBOARDS"
HOSTS: Final = "INFUSION_CONSOLE_HOSTS"
INCUMBENT: Final = "INFUSION_CONSOLE_INCUMBENT_DIR"

DEFAULT: Final = Bind("127.0.0.1", 8090)
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}")


class ConsoleSettings(NamedTuple):
    """One console."""

    bind: Bind = DEFAULT
    folder: Path = Path("var/console")
    guard: Guard = Guard()
    hosts: frozenset[str] = frozenset()
    """Names by which browsers call it, beside its own address; a request under any other name is refused."""
    dashboards: str = ""
    """Where the dashboards are, for links from pages to panels."""
    incumbent: Path | None = None
    """A folder of what the charge system in use posted; it is read and never written."""
    codes: ChargeCodes = ChargeCodes()
    """The site's codes for charges, by which such a file is read."""


def console_settings(environment: Mapping[str, str] = os.environ) -> ConsoleSettings:
    """
    Return the settings this environment asks for; reads the file of tokens it names.

    Raises:
        SettingError: a variable has a wrong value, or anybody beyond this machine would be let in.
    """
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    try:
        bind = bind_of(given.get(ADDRESS, ""), DEFAULT)
    except BindError as error:
        raise SettingError(str(error).replace(BIND, ADDRESS).replace(", or off", "")) from None
    if bind is None:
        message = f"{ADDRESS}: a console without an address shows nothing; write HOST:PORT"
        raise SettingError(message)
    guard = Guard(_people(given), _proxy(given))
    if not guard.asks and not is_loopback(bind.host):
        message = (
            f"{ADDRESS}: {bind.named()} can be reached from other machines, and anybody would see patients; say who may come in: "
            f"{TOKENS_FILE} names a file with tokens, {PROXY_HEADER} and {ROLES_HEADER} the headers of a proxy that vouches"
        )
        raise SettingError(message)
    dashboards = given.get(DASHBOARDS, "")
    if dashboards and not re.fullmatch(r"https?://[^\s\"'<>]{1,300}", dashboards):
        message = f"{DASHBOARDS}: not an address; write for example {DASHBOARDS}=http://grafana.example:3000"
        raise SettingError(message)
    hosts = frozenset(part.strip().lower() for part in given.get(HOSTS, "").split(",") if part.strip())
    folder = Path(given.get(FOLDER, "var/console"))
    return ConsoleSettings(bind, folder, guard, hosts, dashboards, _incumbent(given), _codes(given))


def _incumbent(given: Mapping[str, str]) -> Path | None:
    if INCUMBENT not in given:
        return None
    folder = Path(given[INCUMBENT])
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        message = f"{INCUMBENT}: no folder that can be read; make it, and have what the charge system posts put into it"
        raise SettingError(message)
    return folder.resolve()


def _codes(given: Mapping[str, str]) -> ChargeCodes:
    try:
        return site_from(given).charges
    except FeedSettingError as error:
        raise SettingError(str(error)) from None


def _people(given: Mapping[str, str]) -> tuple[Person, ...]:
    if TOKENS in given and TOKENS_FILE in given:
        message = f"{TOKENS} and {TOKENS_FILE} are both set; leave one out"
        raise SettingError(message)
    name = TOKENS_FILE if TOKENS_FILE in given else TOKENS
    text = given.get(TOKENS, "").replace(";", "\n")
    if TOKENS_FILE in given:
        try:
            text = Path(given[TOKENS_FILE]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            says = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            message = f"{TOKENS_FILE}: the file cannot be read: {says}"
            raise SettingError(message) from None
    try:
        found = people_of(text)
    except ValueError as error:
        message = f"{name}: {error}; a line is a name, its roles ({','.join(EVERYTHING)}) and a token, with blanks between"
        raise SettingError(message) from None
    if name in given and not found:
        message = f"{name}: names nobody; a line is a name, its roles and a token, with blanks between"
        raise SettingError(message)
    return found


def _proxy(given: Mapping[str, str]) -> Proxy | None:
    named = [name for name in (PROXY_HEADER, ROLES_HEADER, PROXIES) if name in given]
    if not named:
        return None
    if len(named) < 3:  # noqa: PLR2004 - the three of them
        message = f"{PROXY_HEADER}, {ROLES_HEADER} and {PROXIES} belong together: who it is, what they may do, and the networks of those who may say so"
        raise SettingError(message)
    for name in (PROXY_HEADER, ROLES_HEADER):
        if not _HEADER.fullmatch(given[name]):
            message = f"{name}: not the name of a header; write for example {name}=X-Forwarded-User"
            raise SettingError(message)
    try:
        networks = networks_of(given[PROXIES])
    except ValueError:
        message = f"{PROXIES}: not a list of networks; write each as ADDRESS/BITS, with commas between"
        raise SettingError(message) from None
    return Proxy(given[PROXY_HEADER], given[ROLES_HEADER], networks)
