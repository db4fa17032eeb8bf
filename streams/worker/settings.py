"""The settings of a worker, read from its environment, with a message for each that is wrong."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from rules.engine import Profile
from streams.feeds.site_mapping import DEFAULT_SITE, SiteMapping
from streams.fetching.records import Place
from streams.kafka.skipped_records import SkipError, places_to_skip
from streams.lifecycle.nudges import NudgePolicy
from streams.lifecycle.timeouts import Timeouts
from streams.metrics.bind import BIND, Bind, BindError, bind_of
from streams.metrics.table import SOURCES
from streams.worker.adapters import FeedSettingError, patient_secret_from, site_from
from streams.worker.nudge_settings import NudgeSettingError, nudge_policy_from

EXPECTED_SOURCES: Final = "INFUSION_EXPECTED_SOURCES"

_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class SettingError(ValueError):
    """A variable of the environment has a wrong value; the message names it, and says what it may be."""


class WorkerSettings(NamedTuple):
    """One worker of the group; spans of ``timeouts`` are seconds."""

    worker_id: str = "worker-1"
    """Of this worker among the others: a restarted one gets its partitions back without a rebalance."""
    data_dir: Path = Path("var")
    """For its stores on disk; no two workers may share one."""
    in_memory: bool = False
    """Keep states in memory only: every start reads the whole changelog."""
    timeouts: Timeouts = Timeouts()
    profile: Profile = Profile()
    metrics_bind: Bind | None = Bind("127.0.0.1", 6066)
    """Where figures and probes are; None is nowhere."""
    session_timeout_s: float = 20.0
    look_every_s: float = 1.0
    """Seconds between two runs of the timer that looks for due stays."""
    cached_stays: int = 10_000
    """States cached in memory beside the store."""
    expected_sources: tuple[str, ...] = ()
    """Sources whose silence is told though they have never spoken."""
    site: SiteMapping = DEFAULT_SITE
    """What the site of the raw topics calls things."""
    patient_secret: bytes | None = None
    """Under which keys of patients are made; never shown."""
    nudges: NudgePolicy | None = None
    """What is asked while patients are there; None asks nothing."""
    skip: tuple[Place, ...] = ()
    """Damaged records to move past: topic, partition and offset of each."""


def _number(environment: Mapping[str, str], name: str, default: float, *, least: float = 0) -> float:
    text = environment.get(name, "").strip()
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = least - 1
    if not least <= number < 1e9:  # noqa: PLR2004 - thirty years in seconds: nobody means more
        msg = f"{name}: not a number from {least:g} on; write for example {name}={default:g}"
        raise SettingError(msg)
    return number


def settings_from(environment: Mapping[str, str] = os.environ) -> WorkerSettings:
    """
    Return the settings this environment asks for.

    Raises:
        SettingError: a variable has a wrong value.
    """
    default = WorkerSettings()
    worker_id = environment.get("INFUSION_WORKER_ID", default.worker_id)
    if not _ID.fullmatch(worker_id):
        msg = "INFUSION_WORKER_ID: use letters, digits, dots, dashes and underscores, at most 64"
        raise SettingError(msg)
    store = environment.get("INFUSION_STORE", "disk")
    if store not in {"disk", "memory"}:
        msg = "INFUSION_STORE: write disk or memory"
        raise SettingError(msg)
    try:
        site, secret = site_from(environment), patient_secret_from(environment)
        nudges = nudge_policy_from(environment)
    except (FeedSettingError, NudgeSettingError) as error:
        raise SettingError(str(error)) from None
    span = default.timeouts
    return WorkerSettings(
        worker_id=worker_id,
        data_dir=Path(environment.get("INFUSION_DATA_DIR", "") or default.data_dir / worker_id),
        in_memory=store == "memory",
        timeouts=Timeouts(
            grace=round(_number(environment, "INFUSION_GRACE_MINUTES", span.grace / 60) * 60),
            quiet_period=round(_number(environment, "INFUSION_QUIET_SECONDS", span.quiet_period)),
            inactivity_gap=round(
                _number(environment, "INFUSION_INACTIVE_HOURS", span.inactivity_gap / 3600) * 3600
            ),
            max_open=round(_number(environment, "INFUSION_OVERDUE_DAYS", span.max_open / 86_400) * 86_400),
            retention=round(_number(environment, "INFUSION_HORIZON_DAYS", span.retention / 86_400) * 86_400),
        ),
        profile=profile_from(environment),
        metrics_bind=_metrics_bind(environment),
        session_timeout_s=_number(
            environment, "INFUSION_SESSION_TIMEOUT_SECONDS", default.session_timeout_s, least=1
        ),
        look_every_s=_number(environment, "INFUSION_LOOK_EVERY_SECONDS", default.look_every_s, least=0.05),
        cached_stays=int(_number(environment, "INFUSION_CACHED_STAYS", default.cached_stays, least=100)),
        expected_sources=expected_sources_from(environment),
        site=site,
        patient_secret=secret,
        nudges=nudges,
        skip=_skipped(environment),
    )


def profile_from(environment: Mapping[str, str]) -> Profile:
    """
    Return the policy that this environment asks for, without a site's folder.

    Raises:
        SettingError: INFUSION_SET is not as it should be.
    """
    return Profile(
        policy=environment.get("INFUSION_POLICY") or None,
        overrides=_overrides(environment.get("INFUSION_SET", "")),
        setting=environment.get("INFUSION_SETTING") or None,
        payer=environment.get("INFUSION_PAYER") or None,
    )


def expected_sources_from(environment: Mapping[str, str]) -> tuple[str, ...]:
    """
    Return the sources that this environment expects to speak, each once, in its order.

    Raises:
        SettingError: there are more than figures tell apart.
    """
    named = (part.strip() for part in environment.get(EXPECTED_SOURCES, "").split(","))
    sources = tuple(dict.fromkeys(filter(None, named)))
    if len(sources) > SOURCES:
        msg = f"{EXPECTED_SOURCES}: names {len(sources)} sources; figures tell {SOURCES} apart, name those that matter"
        raise SettingError(msg)
    return sources


def _skipped(environment: Mapping[str, str]) -> tuple[Place, ...]:
    try:
        return places_to_skip(environment)
    except SkipError as error:
        raise SettingError(str(error)) from None


def _metrics_bind(environment: Mapping[str, str]) -> Bind | None:
    default = Bind("127.0.0.1", 6066)
    text, port = environment.get(BIND, ""), environment.get("INFUSION_WEB_PORT", "").strip()
    if port and not text.strip():  # the name of 26.11: a port of loopback
        if not (port.isdecimal() and int(port) < 1 << 16):
            message = f"INFUSION_WEB_PORT: not a port; write {BIND}={default.named()}, or off for none"
            raise SettingError(message)
        text = "off" if int(port) == 0 else port
    try:
        return bind_of(text, default)
    except BindError as error:
        raise SettingError(str(error)) from None


def _overrides(text: str) -> tuple[tuple[str, str], ...]:
    overrides = []
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = pair.partition("=")
        if not equals:
            msg = "INFUSION_SET: write KEY=VALUE, several separated by commas"
            raise SettingError(msg)
        overrides.append((name.strip(), value.strip()))
    return tuple(overrides)
