"""The published worked examples: how each compares is written down, and a change of it is noticed."""

import pytest
from published import compare, examples, in_words, report, shared, table

EXAMPLES = examples()

pytestmark = pytest.mark.skipif(
    not EXAMPLES,
    reason=f"no cases/published.jsonl under {shared().name!r}: set INFUSION_SHARED to the shared folder",
)


@pytest.mark.parametrize(
    "example", [pytest.param(example, id=f"{example['id']} {example['title']}") for example in EXAMPLES]
)
def test_a_published_example_compares_as_written_down(example: dict[str, object]) -> None:
    """Coding agrees with the source, agrees under the switch named, or differs for the reason written."""
    reading = table()[str(example["id"])]
    found = compare(example, reading)
    assert found.outcome == reading["outcome"], (
        f"{found.id} was {reading['outcome']!r} and now is {found.outcome!r}: "
        f"source {in_words(found.expected)}, coded {in_words(found.coded)}, flags {', '.join(found.flags)}"
    )
    assert in_words(found.coded) == reading.get("coded", in_words(found.expected)), found.id


def test_every_published_example_is_in_the_table_and_every_difference_has_a_reason() -> None:
    """No example is left out, none is kept that is gone, and no difference stands unexplained."""
    readings = table()
    assert list(readings) == [example["id"] for example in EXAMPLES]
    for name, reading in readings.items():
        assert reading["outcome"] in {"agree", "switch", "source"}, name
        if reading["outcome"] != "agree":
            assert reading.get("reason"), f"{name} differs and nobody says why"


def test_the_report_of_published_examples_can_be_printed() -> None:
    """``pytest -s`` shows every example with its outcome."""
    told = report()
    print(f"\n{told}")  # noqa: T201 the report is what ``pytest -s`` is run for
    assert len(told.splitlines()) == len(EXAMPLES) + 1
