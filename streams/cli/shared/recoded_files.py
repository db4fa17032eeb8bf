"""Events in files coded twice: as they stand, and under another policy; no Kafka."""

from collections.abc import Iterator, Sequence
from datetime import date

import click

from models.charge import ChargeSet
from rules.engine import Profile, code_encounter
from streams.batch.spill_buckets import Buckets
from streams.batch.told_stays import ToldStays
from streams.charging.recode import beside
from streams.cli.shared.inputs import display_names, open_input
from streams.cli.shared.reject_order import RejectOrder
from streams.cli.shared.what_if_output import Compared, write_comparison
from streams.wire.rejects import Reject

_LONGEST = 16 << 20


def what_if_title(profile: Profile, stands: str) -> str:
    """Return what is compared with what, in words."""
    asked = [profile.policy] if profile.policy else []
    asked += [f"{key}={answer}" for key, answer in profile.overrides]
    return f"{', '.join(asked) or 'The rules of this release'} beside {stands}"


def recode_files(
    files: Sequence[str], profile: Profile, since: date | None, until: date | None, form: str, by: str
) -> int:
    """Write what a profile's policy and switches would move of the stays in files, and return the exit status."""
    names = display_names(files)
    rejects = RejectOrder(names, lambda line: click.echo(line, err=True), piped=False)
    refused: list[None] = []

    def refuse(reject: Reject) -> None:
        refused.append(None)
        rejects.add(reject)

    standing = profile._replace(policy=None, overrides=())

    def compared(told: ToldStays) -> Iterator[Compared]:
        for stays in told.stays(standing):
            for stay in stays:
                if stay.coded is None or stay.charge_set is None:
                    continue
                again = code_encounter(stay.coded.encounter, profile).charge_set
                if _within((*_dates(stay.charge_set), *_dates(again)), since, until):
                    yield stay.charge_set.status, beside(stay.charge_set, again)

    with Buckets() as buckets:
        told = ToldStays(buckets, _LONGEST, refuse)
        for number, file in enumerate(files):
            with open_input(file) as stream:
                told.gatherer.gather(number, stream, lambda _: None)
        title = what_if_title(profile, "the policy in force")
        status = write_comparison(compared(told), form, by, title)
    rejects.show()
    if refused:
        click.echo(f"rejected    {len(refused):,}", err=True)
    return 1 if refused else status


def _dates(charge_set: ChargeSet) -> Iterator[date]:
    for line in charge_set.lines:
        yield line.service_date


def _within(dates: Sequence[date], since: date | None, until: date | None) -> bool:
    """Tell whether any date lies in the days asked for; a stay without a line is in no month but the whole."""
    if since is None and until is None:
        return True
    return any((since is None or since <= one) and (until is None or one <= until) for one in dates)
