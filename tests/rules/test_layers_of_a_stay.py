"""Which layers code a stay: those for its own facility and department; one fleet has a layer a facility."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copy

import pytest

from models.charge import PolicyLayer
from models.encounter import empty_encounter
from rules.data_files import POLICIES
from rules.emission import emission_of
from rules.engine import Profile, code_encounter
from rules.policy.layer_files import read_layer
from rules.policy.layer_version import version_of
from rules.policy.resolve import Policy, PolicyError, policy_for, problems

TODAY = date(2026, 3, 2)
MORNING = int(datetime(2026, 3, 2, 13, tzinfo=UTC).timestamp())
NORTH = POLICIES / "examples" / "north-campus.toml"
EMERGENCY = POLICIES / "examples" / "north-campus-emergency.toml"

SOUTH = """
scope = "facility"
name = "south-campus"
title = "South Campus hospital"
edition = 2026-11-22
facility = "SOUTH"

[[values]]
key = "kvo_rate_ceiling"
from = 2026-01-01
value = 40
cite = "Pharmacy committee"
"""


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    """Return the folder of a chain's policy files: two hospitals, and a department of one."""
    copy(NORTH, tmp_path)
    copy(EMERGENCY, tmp_path)
    (tmp_path / "south.toml").write_text(SOUTH, encoding="utf-8")
    return tmp_path


def policy(choice: Path | str | None, facility: str | None = None, department: str | None = None) -> Policy:
    """Return the policy of a Medicare stay in a hospital."""
    return policy_for("facility", "medicare", facility, department, TODAY, str(choice) if choice else None)


@pytest.mark.parametrize(
    ("facility", "department", "name", "ceiling", "arrival"),
    [
        ("NORTH", None, "+north-campus", 30, "count_from_takeover"),
        ("NORTH", "ED", "+north-campus+emergency", 30, "review_all"),
        ("NORTH", "ONC", "+north-campus", 30, "count_from_takeover"),
        ("SOUTH", "ED", "+south-campus", 40, "count_from_takeover"),
        ("WEST", None, "", 50, "count_from_takeover"),
        (None, "ED", "", 50, "count_from_takeover"),
    ],
)
def test_a_folder_gives_each_stay_the_layers_of_its_own_place(
    chain: Path, facility: str | None, department: str | None, name: str, ceiling: int, arrival: str
) -> None:
    """A hospital without a file is coded under its payer's; a department alone names no hospital."""
    found = policy(chain, facility, department)
    assert found.name == f"medicare-facility{name}"
    assert (found.kvo_rate_ceiling, found.pre_arrival_infusions) == (ceiling, arrival)
    assert found.passed_over == ""


def test_a_folder_beside_those_of_a_site_is_one_of_them(chain: Path) -> None:
    """Whoever finds further folders hands them over; where they come from is not the layers' business."""
    beside = policy_for("facility", "medicare", "SOUTH", None, TODAY, None, (), (chain,))
    assert (beside.name, beside.layers) == (policy(chain, "SOUTH").name, policy(chain, "SOUTH").layers)


@pytest.mark.parametrize(
    ("file", "facility", "department", "says"),
    [
        (
            NORTH,
            "SOUTH",
            None,
            "The policy north-campus is for facility NORTH; this stay is in facility SOUTH.",
        ),
        (
            EMERGENCY,
            "SOUTH",
            "ED",
            "The policy emergency is for facility NORTH; this stay is in facility SOUTH.",
        ),
        (
            EMERGENCY,
            "NORTH",
            "ONC",
            "The policy emergency is for department ED; this stay is in department ONC.",
        ),
    ],
)
def test_a_file_for_another_place_is_left_out(
    file: Path, facility: str, department: str | None, says: str
) -> None:
    """The stay is coded under what is laid over it otherwise; why is kept for the flag."""
    found = policy(file, facility, department)
    assert found.passed_over == says
    assert (found.name, found.layers) == (policy(None).name, policy(None).layers)


@pytest.mark.parametrize(
    ("facility", "department"), [("NORTH", "ED"), (None, "ED"), ("NORTH", None), (None, None)]
)
def test_a_file_codes_a_stay_that_does_not_contradict_it(
    facility: str | None, department: str | None
) -> None:
    """Feeds that say no facility are those of one hospital: whoever names its file knows."""
    assert policy(EMERGENCY, facility, department).name.endswith("+emergency")


def test_the_set_of_another_facilitys_stay_says_so_and_is_coded() -> None:
    """A warning, for the worker must not stop; sent when the stay's own policy says, and coded as without the file."""
    there = empty_encounter("E1", "discharged")._replace(
        facility="SOUTH", payer="medicare", departed_at=MORNING
    )
    here = there._replace(facility="NORTH")
    profile = Profile(str(NORTH))
    found = code_encounter(there, profile).charge_set
    assert [(flag.flag, flag.severity) for flag in found.flags] == [("F-POLICY_SCOPE", "warn")]
    assert (found.status, found.policy) == ("final", "medicare-facility")
    assert replace(found, flags=()) == code_encounter(there).charge_set
    assert code_encounter(here, profile).charge_set.flags == ()
    assert [emission_of(stay, profile).confirm_s // 3600 for stay in (there, here)] == [72, 48]


def test_a_folder_without_a_policy_is_refused(tmp_path: Path) -> None:
    """An empty mount is no policy of a chain."""
    with pytest.raises(PolicyError, match="holds no TOML policy file"):
        policy(tmp_path)


def test_two_layers_of_one_place_are_reported(chain: Path) -> None:
    """The later file would win without a word."""
    (chain / "zouth.toml").write_text(SOUTH.replace("south-campus", "south-annex"), encoding="utf-8")
    assert problems((chain,)) == ["zouth.toml: facility SOUTH already has the layer south-campus"]


# ---------------------------------------------------------------- versions


def version(tmp_path: Path, text: str, name: str = "one.toml") -> str:
    """Return the version of a layer of this text."""
    folder = tmp_path / str(abs(hash((text, name))))
    folder.mkdir()
    (folder / name).write_text(text, encoding="utf-8")
    return version_of(read_layer(folder / name))


def test_a_version_is_of_what_a_file_says(tmp_path: Path) -> None:
    """Not of its name, its place, its comments, its order of entries or its spelling of a key."""
    more = '\n[[values]]\nkey = "missing_stop"\nfrom = 2026-01-01\nvalue = "push"\ncite = "CFO"\n'
    head, value = SOUTH.split("\n[[values]]", 1)
    plain = version(tmp_path, SOUTH + more)
    assert plain == version(tmp_path, SOUTH + more, "two.toml")
    assert plain == version(tmp_path, f"# ours\n{head}{more}\n[[values]]{value}")
    assert plain == version(tmp_path, (SOUTH + more).replace('"kvo_rate_ceiling"', '"P-17"'))
    assert plain == version(tmp_path, (SOUTH + more).replace("South Campus hospital", "South"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("value = 40", "value = 41"),
        ("2026-01-01", "2026-01-02"),
        ("Pharmacy committee", "Pharmacy and therapeutics committee"),
        ("2026-11-22", "2026-11-23"),
        ('facility = "SOUTH"', 'facility = "EAST"'),
    ],
)
def test_another_content_is_another_version(tmp_path: Path, old: str, new: str) -> None:
    """Value, date, cite, edition and whom it is for."""
    assert version(tmp_path, SOUTH) != version(tmp_path, SOUTH.replace(old, new))


def test_the_layers_that_answered_are_named_in_their_order(chain: Path) -> None:
    """A layer whose every answer is overruled answered nothing; an empty profile neither."""
    found = policy(chain, "NORTH", "ED")
    names = ["global", "payer medicare", "facility north-campus", "department emergency"]
    assert [layer.name for layer in found.layers] == names
    assert found.layers[2] == PolicyLayer("facility north-campus", version_of(read_layer(NORTH)))
    by_hand = policy_for(
        "facility",
        "aetna",
        "SOUTH",
        None,
        TODAY,
        str(chain),
        (("kvo_rate_ceiling", "20"), ("setting", "office")),
    )
    assert [layer.name for layer in by_hand.layers] == ["global"]
    assert dict(by_hand.overrides) == {"kvo_rate_ceiling": "20", "setting": "office"}
