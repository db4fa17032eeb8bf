"""HL7 times: what names an instant, and in which words the others are refused."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.field import EARLIEST, LATEST
from streams.feeds.hl7v2.times import TimeFault, WireTime, read_time

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("20260302080000-0500", "2026-03-02T08:00:00-05:00"),
        ("202603020800-0500", "2026-03-02T08:00:00-05:00"),
        ("20260302080030.1234+0530", "2026-03-02T08:00:30.123400+05:30"),
        ("20260302080000", "2026-03-02T08:00:00-05:00"),
        ("202607020800", "2026-07-02T08:00:00-04:00"),
        ("20260302080000+0000", "2026-03-02T08:00:00+00:00"),
        ("20260302080000Z", "2026-03-02T08:00:00+00:00"),
        ("20261101005900", "2026-11-01T00:59:00-04:00"),
        ("20261101020000", "2026-11-01T02:00:00-05:00"),
        ("20261101013000-0400", "2026-11-01T01:30:00-04:00"),
    ],
)
def test_a_time_keeps_its_offset_and_its_precision(sent: str, text: str) -> None:
    """The date of service is that of the place it was written in."""
    read = read_time(sent, NEW_YORK)
    assert isinstance(read, WireTime)
    assert read.text == text


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ("", "missing"),
        ("2026", "only tells the year, so no minutes come from it"),
        ("202603", "only tells the month, so no minutes come from it"),
        ("20260302", "only tells the day, so no minutes come from it"),
        ("2026030208-0500", "only tells the hour, so no minutes come from it"),
        ("03/02/2026 08:00:00", "a date as written in the US, not an HL7 time"),
        ("3/2/26", "a date as written in the US, not an HL7 time"),
        ("2026-03-02T08:00:00-05:00", "a date with separators, not an HL7 time"),
        ("20260302 0800", "not an HL7 time"),
        ("yesterday", "not an HL7 time"),
        ("20260230080000-0500", "not a date and time that exists"),
        ("20260302240000-0500", "not a date and time that exists"),
        ("20260302080000-2500", "an offset that no place on earth has"),
        ("19880302080000-0500", "before 1990 or after 2199"),
        ("00010101000000+1400", "before 1990 or after 2199"),
        ("20261101013000", "names no offset in the hour that the clock went through twice"),
        ("20260308023000", "a time that the clock skipped that night"),
        ("\u0662\u0660\u0662\u066603020800", "not an HL7 time"),
    ],
)
def test_what_names_no_instant_is_refused_in_words(sent: str, says: str) -> None:
    """A date gains no midnight, an ambiguous hour no guess."""
    read = read_time(sent, NEW_YORK)
    assert isinstance(read, TimeFault)
    assert read.says == says


def test_without_a_zone_a_time_without_offset_is_refused() -> None:
    """It is not taken for UTC."""
    read = read_time("20260302080000", None)
    assert isinstance(read, TimeFault)
    assert read.remedy == "send the offset, or write time_zone into the site file"


def test_a_time_that_only_orders_takes_the_later_of_two_instants() -> None:
    """A record is stored after what it tells; an earlier one would make the tale come from the future."""
    read = read_time("20261101013000", NEW_YORK, later=True)
    assert isinstance(read, WireTime)
    assert read.text == "2026-11-01T01:30:00-05:00"


@given(
    st.datetimes(min_value=EARLIEST.replace(tzinfo=None, year=1991), max_value=LATEST.replace(tzinfo=None))
)
def test_whatever_is_read_is_the_time_that_was_sent(sent: object) -> None:
    """The clock of the text is the clock of the instant."""
    text = f"{sent:%Y%m%d%H%M%S}"
    read = read_time(text, NEW_YORK)
    if isinstance(read, WireTime):
        assert f"{read.instant:%Y%m%d%H%M%S}" == text


@given(st.text(max_size=30))
def test_no_text_makes_it_raise(sent: str) -> None:
    """Nor is the text repeated."""
    read = read_time(sent, NEW_YORK)
    assert isinstance(read, WireTime | TimeFault)
