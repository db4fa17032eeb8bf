"""What a worker is told by its environment, and what it claims for itself before it starts."""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.lifecycle.timeouts import Timeouts
from streams.metrics.bind import Bind
from streams.worker.log_throttle import ThrottleFilter
from streams.worker.settings import SettingError, WorkerSettings, settings_from
from streams.worker.startup_checks import lock_data_dir


def test_nothing_said_is_the_default() -> None:
    """Each worker's folder has its id, so that two ids in one place do not share it."""
    assert settings_from({}) == WorkerSettings(data_dir=Path("var/worker-1"))
    assert settings_from({"INFUSION_WORKER_ID": "b"}).data_dir == Path("var/b")


def test_every_setting_is_read() -> None:
    """Minutes, hours and days become seconds; switches are pairs."""
    found = settings_from(
        {
            "INFUSION_WORKER_ID": "w-2", "INFUSION_DATA_DIR": "stores/w", "INFUSION_STORE": "memory",
            "INFUSION_GRACE_MINUTES": "1.5", "INFUSION_QUIET_SECONDS": "2", "INFUSION_INACTIVE_HOURS": "1",
            "INFUSION_OVERDUE_DAYS": "2", "INFUSION_HORIZON_DAYS": "3", "INFUSION_POLICY": "aetna",
            "INFUSION_SET": "missing_stop=push, P-31=0", "INFUSION_SETTING": "office", "INFUSION_PAYER": "aetna",
            "INFUSION_METRICS_BIND": "[::1]:7000", "INFUSION_SESSION_TIMEOUT_SECONDS": "6", "INFUSION_CACHED_STAYS": "100",
            "INFUSION_SKIP_RECORDS": "infusion.events.v1:3:12, infusion.commands.v1:0:7",
        }
    )  # fmt: skip
    assert found.timeouts == Timeouts(
        grace=90, quiet_period=2, inactivity_gap=3600, max_open=172_800, retention=259_200
    )
    assert found.skip == (("infusion.events.v1", 3, 12), ("infusion.commands.v1", 0, 7))
    assert (found.worker_id, found.data_dir, found.in_memory) == ("w-2", Path("stores/w"), True)
    assert found.profile.overrides == (("missing_stop", "push"), ("P-31", "0"))
    assert (found.profile.policy, found.profile.setting, found.profile.payer) == ("aetna", "office", "aetna")
    assert (found.metrics_bind, found.session_timeout_s, found.cached_stays) == (
        Bind("::1", 7000),
        6.0,
        100,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INFUSION_WORKER_ID", "a/b"), ("INFUSION_WORKER_ID", ""), ("INFUSION_WORKER_ID", "x" * 65),
        ("INFUSION_STORE", "tape"), ("INFUSION_GRACE_MINUTES", "soon"), ("INFUSION_QUIET_SECONDS", "-1"),
        ("INFUSION_HORIZON_DAYS", "nan"), ("INFUSION_HORIZON_DAYS", "inf"), ("INFUSION_SET", "missing_stop"),
        ("INFUSION_METRICS_BIND", "localhost:65536"), ("INFUSION_METRICS_BIND", "here"), ("INFUSION_WEB_PORT", "65536"),
        ("INFUSION_WEB_PORT", "http"), ("INFUSION_CACHED_STAYS", "99"), ("INFUSION_SESSION_TIMEOUT_SECONDS", "0.9"),
        ("INFUSION_SKIP_RECORDS", "infusion.events.v1:3"), ("INFUSION_SKIP_RECORDS", "infusion.events.v1:3:-1"),
        ("INFUSION_SKIP_RECORDS", "infusion.events.v1:3:1:2"), ("INFUSION_SKIP_RECORDS", "elsewhere:0:0"),
        ("INFUSION_SKIP_RECORDS", "infusion.events.v1:0:" + "9" * 5_000),
        ("INFUSION_SKIP_RECORDS", "infusion-charges-releases-changelog:0:1"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(name: str, value: str) -> None:
    """One line that names the variable."""
    with pytest.raises(SettingError, match=f"^{name}: "):
        settings_from({name: value})


def test_a_folder_has_one_worker(tmp_path: Path) -> None:
    """The second is told so; the first's end makes room. Nobody else may look inside."""
    folder = tmp_path / "stores" / "w1"
    before = os.umask(0o022)
    try:
        held = lock_data_dir(folder)
        with pytest.raises(SettingError, match="another worker has"):
            lock_data_dir(folder)
        os.close(held)
        os.close(lock_data_dir(folder))
        assert folder.stat().st_mode & 0o077 == 0
    finally:
        os.umask(before)


def test_a_folder_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    """A file stands where the folder should."""
    (tmp_path / "taken").write_text("")
    before = os.umask(0o022)
    try:
        with pytest.raises(SettingError, match=r"INFUSION_DATA_DIR: .* cannot be written"):
            lock_data_dir(tmp_path / "taken" / "w1")
    finally:
        os.umask(before)


def test_figures_are_on_loopback_unless_somebody_says_so() -> None:
    """A port alone is one of loopback, ``off`` is nowhere, and the name of 26.11 is still understood."""
    assert settings_from({}).metrics_bind == Bind("127.0.0.1", 6066)
    assert settings_from({"INFUSION_METRICS_BIND": "9102"}).metrics_bind == Bind("127.0.0.1", 9102)
    assert settings_from({"INFUSION_METRICS_BIND": "[::]:9102"}).metrics_bind == Bind("::", 9102)
    assert settings_from({"INFUSION_METRICS_BIND": "off"}).metrics_bind is None
    assert settings_from({"INFUSION_WEB_PORT": "0"}).metrics_bind is None
    assert settings_from({"INFUSION_WEB_PORT": "7001"}).metrics_bind == Bind("127.0.0.1", 7001)
    both = {"INFUSION_WEB_PORT": "0", "INFUSION_METRICS_BIND": "9102"}
    assert settings_from(both).metrics_bind == Bind("127.0.0.1", 9102)


def test_a_complaint_is_heard_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one let through says how many were not; words of another kind, and news, are not held back."""
    now = [100.0]
    monkeypatch.setattr("streams.worker.log_throttle.monotonic", lambda: now[0])
    once = ThrottleFilter()

    def said(words: str, level: int = logging.ERROR) -> str | None:
        record = logging.LogRecord("aiokafka", level, "", 0, words, (), None)
        return record.getMessage() if once.filter(record) else None

    assert [said("down"), said("down"), said("other"), said("down")] == ["down", None, "other", None]
    assert [said("news", logging.INFO)] * 2 == ["news", "news"]
    now[0] = 110.0
    assert said("down") == "down (and 2 times more since)"
    assert said("down") is None


def test_expected_sources_are_named_each_once() -> None:
    """In their order, and not more than the figures tell apart."""
    assert settings_from({}).expected_sources == ()
    assert settings_from({"INFUSION_EXPECTED_SOURCES": " emar, pump,,emar "}).expected_sources == (
        "emar",
        "pump",
    )
    with pytest.raises(
        SettingError, match="INFUSION_EXPECTED_SOURCES: names 21 sources; figures tell 20 apart"
    ):
        settings_from({"INFUSION_EXPECTED_SOURCES": ",".join(f"s{number}" for number in range(21))})


@pytest.fixture
def unmasked() -> Iterator[None]:
    """Give the process back its mask afterwards."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("unmasked")
def test_a_folder_that_is_there_is_closed_to_everybody_else(tmp_path: Path) -> None:
    """It was made by somebody before the worker, with the rights of a folder for all."""
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o777)
    os.close(lock_data_dir(folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "worker.lock").stat().st_mode) == 0o600


@pytest.mark.usefixtures("unmasked")
def test_no_link_is_followed_in_its_place_or_inside(tmp_path: Path) -> None:
    """Nothing is written where a link leads, and the rights there stay as they are."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(elsewhere)
    with pytest.raises(SettingError, match="is a symbolic link; name the folder it leads to"):
        lock_data_dir(tmp_path / "link")
    for name in ("worker.lock", "v1", "v1/tables/encounters-0.db"):
        folder = tmp_path / f"data-{len(name)}"
        (folder / name).parent.mkdir(parents=True)
        (folder / name).symlink_to(elsewhere / "stolen")
        with pytest.raises(SettingError, match="is a symbolic link, and a store would write where it leads"):
            lock_data_dir(folder)
    assert [*elsewhere.iterdir()] == []
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o755


@pytest.mark.usefixtures("unmasked")
def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who owns it can open it again."""
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(SettingError, match="belongs to another user"):
        lock_data_dir(tmp_path)
