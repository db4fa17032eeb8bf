"""Whatever JSON a FHIR sender posts: no exception escapes, nothing of it is quoted, and every event is one the contract takes."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.feeds.read_wire import convert
from streams.feeds.site_mapping import DEFAULT_SITE, SiteMapping
from streams.wire.event_json import read
from streams.wire.rejects import Reject

LAW = settings(max_examples=300, deadline=None)

NAME = "Zyxwvut"
"""Stands wherever a person's name could: it must not come back in a reject or a note."""

TIMES = st.sampled_from([
    "2026-03-02T08:00:00-05:00", "2026-03-02T09:31:00Z", "2026-03-02T08:00:00", "2026-11-01T01:30:00", "2026-03-02", "x",
    "9999-12-31T23:59:59Z", "2026-03-02T08:00:00.123456789-05:00", NAME,
])  # fmt: skip
KEYS = st.sampled_from([
    "resourceType", "id", "status", "start", "end", "coding", "code", "system", "display", "text", "reference", "value",
    "unit", "route", "method", "dose", "rateRatio", "rateQuantity", "numerator", "denominator", "ingredient", "concept",
    "contained", "entry", "resource", "request", "url", "extension", "meta", "lastUpdated", "versionId", "class", "period",
])  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | TIMES
    | st.sampled_from([NAME, "mL", "h", "#x", "IMP"])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def resources() -> st.SearchStrategy[dict[str, Any]]:
    """Draw resources of ours with anything under any of their names."""
    fields = dict.fromkeys(("id", "meta", "contained", "partOf", "dosage", "medicationCodeableConcept", "medicationReference", "medication", "context", "encounter", "effectivePeriod", "effectiveDateTime", "occurrencePeriod", "period", "class", "location", "subject", "performer", "device", "reasonCode", "entry", "extension"), JSON)  # fmt: skip
    known = {
        "id": st.just("m1"),
        "context": st.just({"reference": "Encounter/e1"}),
        "effectivePeriod": st.fixed_dictionaries({}, optional={"start": TIMES, "end": TIMES}),
        "period": st.fixed_dictionaries({}, optional={"start": TIMES, "end": TIMES}),
    }
    return st.fixed_dictionaries(
        {
            "resourceType": st.sampled_from(["MedicationAdministration", "Encounter", "Bundle"]),
            "status": st.sampled_from(
                ["completed", "in-progress", "on-hold", "stopped", "not-done", "finished", NAME]
            ),
        },
        optional={
            name: st.one_of(known[name], drawn) if name in known else drawn for name, drawn in fields.items()
        },
    )


@LAW
@given(resources(), st.sampled_from([DEFAULT_SITE, SiteMapping(time_zone="America/New_York")]))
def test_whatever_is_posted_has_an_end(resource: dict[str, Any], site: SiteMapping) -> None:
    """Events of the contract, a reject, or a kind that is ignored; a name is never in the words for people."""
    conversion = convert(json.dumps(resource).encode(), "fhir", site)
    assert conversion.events or conversion.rejects or conversion.ignored is not None
    for event in conversion.events:
        assert not isinstance(read(json.dumps(event).encode()), Reject)
    said = [reject.reason for reject in conversion.rejects] + [note.says for note in conversion.notes]
    assert NAME not in " ".join([*said, conversion.ignored or ""])


@LAW
@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_bytes_come_have_an_end(raw: bytes) -> None:
    """Also those that are no JSON at all."""
    conversion = convert(raw, "fhir", DEFAULT_SITE)
    assert conversion.events or conversion.rejects or conversion.ignored is not None
