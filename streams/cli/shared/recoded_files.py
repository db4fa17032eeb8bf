"""Events in files coded twice: as they stand, and under another policy; no Kafka."""

from collections.abc import Iterator, Sequence
from datetime import date

import click

from rules.engine import Profile
from streams.batch.spill_buckets import Buckets
from streams.batch.told_stays import ToldStays
from streams.charging.recode import what_if, what_if_title
from streams.cli.shared.inputs import display_names, open_input
from streams.cli.shared.reject_order import RejectOrder
from streams.cli.shared.what_if_output import Compared, write_comparison
from streams.wire.rejects import Reject

_LONGEST = 16 << 20


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
                again = what_if(stay.coded.encounter, stay.charge_set, profile, since, until)
                if again is not None:
                    yield stay.charge_set.status, again

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
