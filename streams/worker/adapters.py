"""The adapter of each raw topic: how a site's messages on it are read."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from streams.feeds.conversion import Conversion
from streams.feeds.hl7v2.batches import messages
from streams.feeds.raw_processor import Convert
from streams.feeds.read_wire import convert
from streams.feeds.site_mapping import DEFAULT_SITE, SiteMapping, read_site
from streams.wire import topics

SITE_FILE = "INFUSION_SITE_FILE"
PATIENT_KEY = "INFUSION_PATIENT_KEY"
PATIENT_KEY_FILE = "INFUSION_PATIENT_KEY_FILE"
_SHORTEST_SECRET = 16
"""Characters: a shorter one could be tried out."""


class FeedSettingError(ValueError):
    """A setting of the feeds is wrong; the message names it, and says what to do."""


def site_from(environment: Mapping[str, str]) -> SiteMapping:
    """
    Return the site mapping of the file this environment names; without one the standards' own words.

    Raises:
        FeedSettingError: the file cannot be read, or holds no mapping.
    """
    named = environment.get(SITE_FILE, "").strip()
    if not named:
        return DEFAULT_SITE
    site = read_site(_text(SITE_FILE, named))
    if isinstance(site, str):
        message = f"{SITE_FILE}: {named}: {site}"
        raise FeedSettingError(message)
    return site


def patient_secret_from(environment: Mapping[str, str]) -> bytes | None:
    """
    Return the secret under which patients' keys are made; None where none is named, and then none are made.

    Raises:
        FeedSettingError: the file cannot be read, or the secret is short.
    """
    named = environment.get(PATIENT_KEY_FILE, "").strip()
    secret = (_text(PATIENT_KEY_FILE, named) if named else environment.get(PATIENT_KEY, "")).strip().encode()
    if not secret and not named:
        return None
    if len(secret) < _SHORTEST_SECRET:
        name = PATIENT_KEY_FILE if named else PATIENT_KEY
        message = f"{name}: has less than {_SHORTEST_SECRET} characters; make one with openssl rand -hex 32"
        raise FeedSettingError(message)
    return secret


def adapters(site: SiteMapping, patient_secret: bytes | None) -> dict[str, Convert]:
    """Return how the records of each raw topic are read; a batch of HL7 v2 is as many messages as it holds."""

    def hl7v2(raw: bytes, _known: Mapping[str, Mapping[str, Any]]) -> Iterator[Conversion]:
        for message in messages(raw):
            yield convert(message, "hl7v2", site, patient_secret)

    def fhir(raw: bytes, known: Mapping[str, Mapping[str, Any]]) -> Iterator[Conversion]:
        yield convert(raw, "fhir", site, patient_secret, known)

    return {topics.RAW_HL7V2: hl7v2, topics.RAW_FHIR: fhir}


def _text(name: str, file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        says = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        message = f"{name}: cannot be read: {file}: {says}"
        raise FeedSettingError(message) from None
