"""A stay in a few lines a person can follow, for the message of a failed comparison."""

from second_coder_timelines import BLANK, EMPTY

from models.encounter import Administration, Encounter

TIMES = ("flows", "pump_flows", "given_at", "rates", "bag_changes", "touched")


def picture(encounter: Encounter) -> str:
    """Return the stay, one administration a line, in minutes from its first moment, with what is not ordinary."""
    zero = min(
        [flow.start for one in encounter.administrations for flow in one.flows + one.pump_flows]
        + [one.given_at for one in encounter.administrations if one.given_at is not None],
        default=0,
    )
    head = [f"zero is {zero}"]
    for name, told in encounter._asdict().items():
        if name.endswith("_at") and told is not None:
            head.append(f"{name}={_minute(told, zero)}")
        elif name not in {"administrations", "sites"} and told != getattr(EMPTY, name):
            head.append(f"{name}={told}")
    head += [
        f"site {site.site_id} restart_of={site.restart_of} reason={site.separate_site_reason}"
        for site in encounter.sites
    ]
    return "\n".join([*head, *(_line(one, zero) for one in encounter.administrations)])


def _minute(instant: int | None, zero: int) -> str:
    if instant is None:
        return "…"
    minutes, seconds = divmod(instant - zero, 60)
    return f"{minutes}'{seconds:02d}" if seconds else str(minutes)


def _line(one: Administration, zero: int) -> str:
    name = "?" if one.drug is None else one.drug.name or "+".join(str(part) for part in one.drug.ingredients)
    words = [one.administration_id, one.technique, str(one.route), name]
    if one.given_at is not None and not one.flows:
        words.append(f"at {_minute(one.given_at, zero)}")
    words += [f"{_minute(flow.start, zero)}-{_minute(flow.stop, zero)}" for flow in one.flows]
    words += [f"pump {_minute(flow.start, zero)}-{_minute(flow.stop, zero)}" for flow in one.pump_flows]
    words += [f"from {_minute(since, zero)} {rate} mL/h" for since, rate in one.rates]
    if one.bag_changes or one.touched:
        words.append("touched " + ",".join(_minute(each, zero) for each in one.bag_changes + one.touched))
    words += [
        f"{name}={told}"
        for name, told in one._asdict().items()
        if name not in {*TIMES, "administration_id", "technique", "route", "drug"}
        and told != getattr(BLANK, name)
    ]
    return "  " + " ".join(words)


__all__ = ["picture"]
