"""A site's folder that changes under a run stops it: no stay is refused for it, and none is coded by halves."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from encounter_states import records

from rules.engine import Profile
from rules.site_folder import SiteFolder, SiteFolderError
from streams.batch.stay_batches import Recipe, code_batch
from streams.charging.closed_encounter_processor import code_records
from streams.cli import main
from streams.encounter.fold import fold
from streams.wire.charge_json import written
from streams.wire.closed_encounter_json import ClosedEncounter, to_bytes
from streams.wire.event_json import validate

LINE = (
    b'{"type":"injection_given","event_id":"1","encounter_id":"E1","occurred_at":"2026-03-02T08:00:00-05:00",'
    b'"administration_id":"A1","drug":{"name":"ketorolac"},"route":"IM"}'
)


@pytest.fixture
def stale(tmp_path: Path) -> Profile:
    """Return a profile whose folder is no longer as it was read."""
    (tmp_path / "site").mkdir()
    return Profile(site=SiteFolder(str(tmp_path / "site"), "0" * 12))


def test_a_batch_is_not_refused_stay_by_stay(stale: Profile) -> None:
    """It is wrong for every stay: the process says so and ends."""
    with pytest.raises(SiteFolderError, match="start it again"):
        code_batch(Recipe(stale, None, written), [(b"E1", [(0, 1, LINE)])])


def test_a_worker_stops_and_commits_nothing(stale: Profile) -> None:
    """Started again, it reads the folder as it is."""
    encounter = fold([validate(LINE)])
    closed = ClosedEncounter("E1", 1, "final", 1_800_000_000, "confirmed", None, 1, encounter)
    with pytest.raises(SiteFolderError, match="start it again"):
        code_records(records(to_bytes(closed)), 0, 0, lambda _: None, stale)


def test_a_verb_ends_with_a_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stale: Profile) -> None:
    """In words, and with the status of an input that cannot be read."""
    file = tmp_path / "day.jsonl"
    file.write_bytes(LINE + b"\n")
    monkeypatch.setattr("streams.cli.shared.site_option.read_site", lambda _: stale.site)
    monkeypatch.setattr("streams.cli.shared.site_option.problems", lambda *_: [])
    result = CliRunner().invoke(main, ["code", "--site-dir", str(tmp_path / "site"), str(file)])
    assert result.exit_code == 2
    assert "the site's folder changed after this run began; start it again" in result.stderr
