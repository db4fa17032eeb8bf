"""What a form asks of a what-if or a shadow run, checked before anything is begun."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from rules.engine import Profile
from rules.policy.choice import is_path, local_layers
from rules.policy.layer_files import shipped_layers
from rules.policy.resolve import PolicyError, policy_for
from rules.policy.switches import SWITCHES
from rules.site_folder import SiteFolder, under_site
from streams.console.runs.what_if import asked_profile, switches_of

LONGEST = 200
_YEARS = range(2000, 2100)


class WrongRunError(ValueError):
    """A form cannot be followed; the message says what to write instead."""


def checked_what_if(form: Mapping[str, str], standing: Profile) -> dict[str, str]:
    """
    Return what a form asks for; empty is what it leaves open.

    Raises:
        WrongRunError: there is no such policy, switch, answer or day.
    """
    asked = {name: form.get(name, "").strip()[:LONGEST] for name in ("policy", "set", "since", "until")}
    check_days(asked)
    policy = asked["policy"]
    if not policy and not asked["set"]:
        message = "Name a policy or a switch: as things stand nothing moves."
        raise WrongRunError(message)
    if is_path(policy):
        message = "The policy is named, never a file: lay policies of your own into the site's folder (INFUSION_SITE_DIR)."
        raise WrongRunError(message)
    try:
        profile = asked_profile(standing, policy, switches_of(asked["set"]))
        with under_site(standing.site):
            policy_for(
                profile.setting or "facility", profile.payer, None, None, date.max, profile.policy, profile.overrides
            )  # fmt: skip
    except (PolicyError, ValueError) as error:
        raise WrongRunError(str(error)) from None
    return asked


def check_days(asked: Mapping[str, str]) -> None:
    """
    Check the days of a form.

    Raises:
        WrongRunError: one is no day, or the last lies before the first.
    """
    days = []
    for name in ("since", "until"):
        try:
            day = date.fromisoformat(asked[name]) if asked.get(name) else None
            # A week or a day without dashes would be read too, and the page would repeat it as it was typed.
            days.append(date.min if day is not None and day.isoformat() != asked[name] else day)
        except ValueError:
            days.append(date.min)
    if any(day is not None and day.year not in _YEARS for day in days):
        message = "Write the days as 2026-03-01."
        raise WrongRunError(message)
    since, until = days
    if since is not None and until is not None and until < since:
        message = "The last day lies before the first."
        raise WrongRunError(message)


@lru_cache(maxsize=4)
def policy_names(site: SiteFolder | None) -> tuple[str, ...]:
    """Return the policies that can be picked: those that ship and those of the site, in order."""
    layers = (*shipped_layers(), *(local_layers((site,)) if site is not None else ()))
    return ("default", *sorted({layer.name for layer in layers if layer.scope == "payer"}))


@lru_cache(maxsize=1)
def switch_answers() -> tuple[str, ...]:
    """Return every answer in words to every switch, as the form takes it."""
    return tuple(f"{switch.key}={value}" for switch in SWITCHES for value in switch.values)
