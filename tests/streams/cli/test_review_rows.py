"""A row of review says what the chart lacks; one of an older release, which told none, says nothing."""

from dataclasses import replace

from timeline import events_of

from models.review_item import REVIEW_ITEM, ReviewItem
from rules.catalogue.chart_checklist import checked_chart, gaps
from rules.engine import Profile, code_encounter
from streams.cli.shared.stay_rows import REVIEW_COLUMNS, REVIEW_HEAD, review_cells, review_rows
from streams.encounter.fold import fold
from streams.wire.charge_json import value_of


def test_what_the_chart_lacks_stands_beside_the_flag_that_asks_for_it() -> None:
    """In the table, in a spreadsheet and in the item itself."""
    stay = fold(events_of({"case": "x", "timeline": ["08:00 start ceftriaxone", "12:00 discharge"]}))
    charge_set = code_encounter(stay, Profile()).charge_set
    item = ReviewItem(
        "E1", charge_set.charge_set_id, 1, charge_set.status, charge_set.flags, (), 0, None, "",
        chart_lacks=gaps(checked_chart(stay, charge_set)),
    )  # fmt: skip
    (row,) = (dict(zip(REVIEW_HEAD, one, strict=True)) for one in review_rows(item, charge_set, 0, None))
    assert (row["FLAG"], row["CHART LACKS"]) == ("F-MISSING_STOP", "stop")
    (cells,) = (
        dict(zip(REVIEW_COLUMNS, one, strict=True)) for one in review_cells(item, charge_set, 0, None)
    )
    assert cells["chart_lacks"] == "stop"
    assert REVIEW_ITEM.validate_json(value_of(item)) == item
    (older,) = review_rows(replace(item, chart_lacks=()), charge_set, 0, None)
    assert dict(zip(REVIEW_HEAD, older, strict=True))["CHART LACKS"] == "-"
