"""Below the drawing: every line, flag and refusal in words, and the sources they rest on."""

from collections.abc import Collection
from typing import Final

from rules.clearing import in_words
from streams.explain.beside import at_stake, beside
from streams.explain.labels import TIMES, plain
from streams.explain.picture import Picture, Row
from streams.explain.terminal.money import UNPRICED, basis, dollars, payment, worth
from streams.explain.terminal.page import Page

_SEVERITY: Final = {"block": ("BLOCK", "bold red"), "warn": ("warn", "yellow"), "info": ("info", "")}


def charges(page: Page, picture: Picture) -> None:
    """Write each charge line, its reasons, and what it is worth."""
    charge_set = picture.charge_set
    page.heading(picture.verdict.lines)
    if not charge_set.lines:
        page.write("  ", "No charge line.")
    modifiers = max((len(" ".join(line.modifiers)) for line in charge_set.lines), default=0)
    for line in charge_set.lines:
        lead = f"{line.code} {TIMES}{line.units:<3}"
        if modifiers:
            lead += f"{' '.join(line.modifiers):<{modifiers + 2}}"
        minutes = "" if line.minutes is None else f"{line.minutes} min"
        evidence = line.evidence.replace("_", " ")
        lead += f"{line.service_date.isoformat()}  {minutes:>8}  {evidence}  "
        ids = [*line.administration_ids, *line.procedure_ids]
        page.write(lead, picture.names_of(ids), style="bold")
        for reason in line.reasons:
            page.write(
                f"  {reason.rule:<10} ",
                f"{picture.reason_words(reason)} {picture.citation_numbers(reason.cites)}",
            )
        if line.expected_payment is not None:
            page.write(f"  {basis(line.expected_payment)}: ", payment(line.expected_payment))
    if any(line.expected_payment for line in charge_set.lines):
        page.write("", worth(charge_set.lines, held=charge_set.status == "held"))
    elif charge_set.lines:
        page.write("", UNPRICED)


def flags(page: Page, picture: Picture) -> None:
    """Write what holds the charges, what may be wrong, and what is only worth knowing."""
    if picture.flags:
        page.heading("Flags")
    for flag in picture.flags:
        severity, style = _SEVERITY[flag.severity]
        about = picture.names_of(flag.administration_ids)
        page.write(f"{severity:<6}{flag.flag}  ", about, style=style)
        page.write("      ", flag.says)
        if flag.suggestion:
            page.write(f"    {page.glyphs.arrow} ", flag.suggestion)
        if flag.clears:
            page.write("      cleared by: ", in_words(flag.clears))


def not_billed(page: Page, picture: Picture) -> None:
    """Write what earned no line, and which minutes of what did earn one do not count."""
    if picture.refused or picture.voided:
        page.heading(picture.verdict.refused)
    for refused in picture.refused:
        page.write(f"  {refused.rule:<10} ", f"{refused.names}: {refused.says} {refused.cited}")
    if picture.voided:
        page.write("  entered in error or not given: ", ", ".join(picture.voided))
    lost = list(picture.lost)
    if lost:
        page.heading("Minutes that do not count")
    for tag, words in lost:
        page.write(f"  {tag}  ", words)


def drugs(page: Page, picture: Picture) -> None:
    """Write each drug that is not among the charges: its code, units and why, or what keeps it from having them."""
    found = list(beside(picture))
    if found:
        page.heading("Drugs")
    for drug in found:
        page.write(f"{drug.lead:<8}  ", drug.about, style="bold")
        for rule, says in drug.reasons:
            page.write(f"  {rule:<10} ", says)
        if drug.payment is not None:
            page.write("  national OPPS amount: ", payment(drug.payment))
    cents = at_stake(picture.charge_set.drug_lines)
    if cents:
        page.write("", f"Suggested and not charged here: {dollars(cents)} at national amounts.")


def sources(page: Page, picture: Picture, clipped: Collection[Row]) -> None:
    """Write what the numbers in brackets cite, and whatever ids and names the drawing had no room for."""
    if picture.sources:
        page.heading("Sources")
    for number, source in enumerate(picture.sources, 1):
        page.write(f"  [{number}] ", source.cite)
        if source.address:
            page.write(" " * len(f"  [{number}] "), source.address)
    names = {row.administration_id: row.name for row in clipped}
    numbered = {
        administration_id: plain(administration_id)
        for administration_id, tag in picture.tags.items()
        if tag != administration_id
    }
    if names or numbered:
        page.heading("Administrations")
    for administration_id, tag in picture.tags.items():
        words = [labels[administration_id] for labels in (numbered, names) if administration_id in labels]
        if words:
            page.write(f"  {tag:<4} ", " · ".join(words))
