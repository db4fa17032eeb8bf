"""The options every coding verb shares: which policy, which switches, and what to assume of silent events."""

from collections.abc import Callable
from datetime import date
from typing import Any, get_args

import click

from models.field import Setting
from rules.policy.resolve import PolicyError, policy_for
from rules.site_folder import SiteFolder, under_site
from streams.cli.shared.site_option import site_option


class SwitchType(click.ParamType):
    """One switch and its answer."""

    name = "key=value"

    def convert(
        self, value: str | tuple[str, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return the switch's key and the answer; the policy says whether there are such."""
        if isinstance(value, tuple):
            return value
        key, equals, answer = value.partition("=")
        if not equals or not key.strip() or not answer.strip():
            self.fail("write KEY=VALUE, for example partial_overlap=full_time", param, ctx)
        return key.strip(), answer.strip()


def _only_one(_: click.Context, __: click.Parameter, named: tuple[str, ...]) -> str | None:
    if len(named) > 1:
        message = (
            f"given {len(named)} times ({', '.join(named)}); name one: a payer, a policy file, or the folder of all"
            " your policy files"
        )
        raise click.BadParameter(message)
    return named[0] if named else None


def policy_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option that names a policy, ``text`` its help; given twice it is refused, for neither would win."""
    return click.option("--policy", metavar="NAME", multiple=True, callback=_only_one, help=text)


_OPTIONS = (
    policy_option(
        "Code every encounter under this policy, in place of its payer's: a payer, or a policy file. A folder of"
        " policy files gives each encounter those of its own payer, facility and department."
    ),
    click.option(
        "--set",
        "overrides",
        type=SwitchType(),
        metavar="KEY=VALUE",
        multiple=True,
        help="Answer one policy switch, for example partial_overlap=full_time. Repeatable.",
    ),
    click.option(
        "--setting", type=click.Choice(get_args(Setting)), help="For encounters that do not say theirs."
    ),
    click.option("--payer", metavar="NAME", help="For encounters that do not say theirs."),
    site_option,
)


def profile_options(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb ``policy``, ``overrides``, ``setting``, ``payer`` and ``site``."""
    for option in reversed(_OPTIONS):
        verb = option(verb)
    return verb


def check_policy(
    policy: str | None,
    overrides: tuple[tuple[str, str], ...],
    setting: Setting | None,
    payer: str | None,
    site: SiteFolder | None = None,
) -> None:
    """
    Refuse an unknown policy, switch or answer before anything is read; whether it is known does not depend on a date.

    Raises:
        click.UsageError: there is none of this name.
    """
    try:
        with under_site(site):
            policy_for(setting or "facility", payer, None, None, date.max, policy, overrides)
    except PolicyError as error:
        raise click.UsageError(str(error)) from error
