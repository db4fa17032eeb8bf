"""Whether a worker asks while patients are there, what, after how many minutes, and in which hours it does not."""

import re
from collections.abc import Mapping
from typing import Final

from models.nudge import NUDGE_KINDS
from streams.lifecycle.nudges import NudgeDelays, NudgePolicy, QuietHours

NUDGES: Final = "INFUSION_NUDGES"
QUIET: Final = "INFUSION_NUDGES_QUIET"

_HOURS: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)-([01]?\d|2[0-3]):([0-5]\d)")
_MOST_MINUTES: Final = 24 * 60


class NudgeSettingError(ValueError):
    """A setting of nudges is wrong; the message names it, and says what to do."""


def nudge_policy_from(environment: Mapping[str, str]) -> NudgePolicy | None:
    """
    Return what this environment wants to be asked; None where nothing is.

    Raises:
        NudgeSettingError: a variable has a wrong value.
    """
    wanted = environment.get(NUDGES, "").strip()
    if wanted in {"", "off"}:
        return None
    return NudgePolicy(NudgeDelays() if wanted == "on" else _delays(wanted), _quiet(environment))


def _delays(text: str) -> NudgeDelays:
    delays: dict[str, int | None] = dict.fromkeys(NUDGE_KINDS)
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, equals, minutes = part.partition("=")
        if kind not in delays or not equals or not minutes.isdecimal() or int(minutes) > _MOST_MINUTES:
            message = (
                f"{NUDGES}: write on, off, or KIND=MINUTES with commas between; kinds are {', '.join(NUDGE_KINDS)}, "
                f"minutes up to {_MOST_MINUTES}"
            )
            raise NudgeSettingError(message)
        delays[kind] = int(minutes) * 60
    return NudgeDelays(**delays)


def _quiet(environment: Mapping[str, str]) -> QuietHours | None:
    text = environment.get(QUIET, "").strip()
    if not text:
        return None
    found = _HOURS.fullmatch(text)
    if found is None:
        message = f"{QUIET}: write the hours of the stay's own clock as 22:00-06:00"
        raise NudgeSettingError(message)
    begin, begin_minute, end, end_minute = map(int, found.groups())
    return QuietHours(begin * 60 + begin_minute, end * 60 + end_minute)
