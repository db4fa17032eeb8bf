"""A reason of a line with several administrations says which of them it is about."""

from golden import coded

from models.charge import ChargeLine, named


def line_of(code: str, *timeline: str) -> ChargeLine:
    """Return the one line of a code that this timeline earns."""
    (line,) = (one for one in coded({"timeline": list(timeline)}).lines if one.code == code)
    return line


def test_a_reason_about_some_of_a_line_s_administrations_names_them() -> None:
    """In its words and as data; one about all of them needs no name in its words."""
    line = line_of(
        "96375",
        "08:00 push morphine id=M",
        "08:10 push ondansetron id=O",
        "08:20-08:30 infuse famotidine id=F",
        "10:00 discharge",
    )
    assert set(line.administration_ids) == {"O", "F"}
    told = [(reason.rule, reason.says, reason.administration_ids) for reason in line.reasons]
    assert all(ids for _, _, ids in told)
    short = [(says, ids) for rule, says, ids in told if rule == "R-PUSH-8"]
    assert short == [("F: A piggyback of up to 15 minutes is a push.", ("F",))]
    shared = [says for rule, says, ids in told if rule == "R-PUSH-2" and len(ids) == 2]
    assert not [says for says in shared if says.startswith(("O", "F"))]


def test_a_reason_of_a_line_with_one_administration_names_none() -> None:
    """The line does."""
    line = line_of("96365", "08:00 start ceftriaxone", "09:00 stop ceftriaxone", "10:00 discharge")
    assert [reason.administration_ids for reason in line.reasons] == [()] * len(line.reasons)


def test_bags_of_one_dose_are_all_named_in_its_reasons() -> None:
    """A line that was earned by several bags rests on each of them."""
    line = line_of(
        "96365",
        "08:00-08:40 infuse vancomycin id=V1 dose=D1 order=O1",
        "08:50-09:20 infuse vancomycin id=V2 dose=D1 order=O1",
        "10:00 discharge",
    )
    assert line.administration_ids == ("V1", "V2")
    assert {reason.administration_ids for reason in line.reasons} == {("V1", "V2")}
    assert not [reason.says for reason in line.reasons if reason.says.startswith("V1")]


def test_of_many_administrations_the_first_are_named_and_the_others_counted() -> None:
    """A sentence stays a sentence; the data has every id."""
    assert named(("A", "B", "C", "D")) == "A, B, C, D"
    assert named(("A", "B", "C", "D", "E", "F")) == "A, B, C and 3 more"
