"""Messages nobody here wrote: each ends as events, as an ignored kind, or as a reject that says why."""

import os
from pathlib import Path

import pytest
from orjson import dumps

from streams.feeds.hl7v2.batches import messages
from streams.feeds.read_wire import convert
from streams.feeds.site_mapping import DEFAULT_SITE, SiteMapping
from streams.wire.event_json import read as read_event
from streams.wire.rejects import Reject

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("INFUSION_SHARED", ROOT.parent / "shared"))
FOLDERS = (SHARED / "samples" / "hl7v2", SHARED / "samples" / "made" / "hl7v2")
FILES = [path for folder in FOLDERS for path in sorted(folder.rglob("*")) if path.is_file()]
ZONED = SiteMapping(time_zone="America/New_York")

pytestmark = pytest.mark.skipif(
    not FILES, reason="the samples of other people are not at hand (INFUSION_SHARED)"
)


@pytest.mark.parametrize("site", [DEFAULT_SITE, ZONED], ids=["no site file", "a time zone"])
@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_every_sample_ends_somewhere(path: Path, site: SiteMapping) -> None:
    """Nothing is passed over in silence, and no name of a patient is repeated."""
    raw = path.read_bytes()
    assert list(messages(raw)) or not raw, "only an empty file holds no message; the verb says so"
    for message in messages(raw):
        conversion = convert(message, "hl7v2", site)
        assert conversion.events or conversion.rejects or conversion.ignored
        for event in conversion.events:
            assert not isinstance(read_event(dumps(event)), Reject)
        said = (
            repr(conversion.rejects)
            + repr(conversion.notes)
            + repr(conversion.ignored)
            + repr(conversion.events)
        )
        for name in _names(message):
            assert name not in said


def _names(message: bytes) -> list[str]:
    """Return the family names of PID-5, where they are long enough to be told from other words."""
    text = message.decode("utf-8", "replace").replace("\n", "\r")
    lines = [line.split("|") for line in text.split("\r") if line.startswith("PID|")]
    return [
        fields[5].split("^")[0] for fields in lines if len(fields) > 5 and len(fields[5].split("^")[0]) > 4
    ]
