"""When the charges of a stay are sent: while it is open, and for how long they may still change after it."""

from typing import Final, NamedTuple

from models.encounter import Encounter
from rules.engine import Profile, policy_of
from rules.parameter import NotInForceError
from rules.worksheet.service_dates import Calendar, first_date

_HOUR: Final = 3600
_DEFAULT: Final = 72 * _HOUR


class Emission(NamedTuple):
    """P-31, the seconds after departure in which charges may change; P-30, whether an open stay's are sent."""

    confirm_s: int
    while_open: bool


def emission_of(encounter: Encounter, profile: Profile) -> Emission:
    """
    Return when the charges of a stay are sent, by its policy.

    A stay before the first cited value has no policy and is held; it gets the default of P-31.

    Raises:
        PolicyError: the profile names a policy, switch or value that does not exist.
    """
    try:
        policy = policy_of(encounter, profile, first_date(encounter, Calendar(encounter)))
    except NotInForceError:
        return Emission(_DEFAULT, while_open=False)
    return Emission(
        policy.confirm_window_after_departure_before_final * _HOUR,
        policy.provisional_charge_emission == "provisional+replace",
    )


def in_confirm_window(departed_at: int, confirm_s: int, at: float) -> bool:
    """Tell whether charges may still change at an instant, both in epoch seconds; ``confirm_s`` is the window."""
    return at < departed_at + confirm_s
