"""What in a site file can be read and yet will not do what it seems to: words that no rule knows."""

import codecs
from collections.abc import Iterator, Mapping
from typing import Final

from rules.formulary.routes import read_route
from streams.feeds.hl7v2.registration import shipped_payer
from streams.feeds.site_mapping import SiteMapping, site_faults, spelled

_SHOWN: Final = 60


def problems(text: str) -> list[str]:
    """Return a sentence for everything wrong with a site file, in its order; none where it is in order."""
    site, faults = site_faults(text)
    return faults if site is None else [*_charset(site), *_twice(site), *_routes(site), *_senders(site)]


def remarks(site: SiteMapping) -> list[str]:
    """Return what is in order and worth knowing: what is left out, and names that only a site's own folder can know."""
    said = []
    if site.time_zone is None:
        said.append("no time_zone: a time without an offset is refused")
    said += [
        f"payers.{word}: {payer[:_SHOWN]!a} is no payer that ships; a policy of the site's own folder must name it"
        for word, payer in site.payers.items()
        if shipped_payer(payer) is None
    ]
    return said


def _charset(site: SiteMapping) -> Iterator[str]:
    try:
        codecs.lookup(site.default_charset)
    except (LookupError, ValueError):
        yield f"default_charset: {site.default_charset!a} is no character set; write for example utf-8 or cp1252"


def _twice(site: SiteMapping) -> Iterator[str]:
    tables: Mapping[str, Mapping[str, object]] = {
        name: value for name, value in dict(site).items() if isinstance(value, Mapping)
    }
    for name, table in tables.items():
        seen: dict[str, str] = {}
        for word in table:
            first = seen.setdefault(spelled(word), word)
            if first != word:
                yield f"{name}.{word}: the same word as {first}, since letter case and blanks do not count; leave one out"


def _routes(site: SiteMapping) -> Iterator[str]:
    for word, route in site.routes.items():
        read = read_route(route)
        if read is None or read.route is None:
            yield (
                f"routes.{word}: {route[:_SHOWN]!a} names no route that the rules know;"
                " write for example IV, IM, SC, PO or Intravenous (PICC)"
            )


def _senders(site: SiteMapping) -> Iterator[str]:
    for number, sender in enumerate(site.senders, 1):
        if sender.application is None and sender.sending_facility is None:
            yield f"senders[{number}]: names no application and no sending_facility, so it is every sender; name one"
