"""Chemotherapy into a cavity, the spinal canal or lesions; only chemotherapy has codes for it (section 4)."""

from collections.abc import Iterable

from second_coder_desk import Desk, Given

CAVITIES = {
    "IT": "96450",
    "INTRAVENTRICULAR": "96542",
    "INTRAPLEURAL": "96440",
    "INTRAPERITONEAL": "96446",
    "INTRALESIONAL": "lesions",
}


def code_cavities(desk: Desk, givens: Iterable[Given]) -> None:
    """Report each session, all of one code on one date; by lesion count where it is of lesions."""
    reservoirs = {site.site_id for site in desk.encounter.sites if site.kind == "reservoir"}
    sessions: dict[tuple[str, str], list[Given]] = {}
    for given in sorted(givens, key=lambda one: (one.start, one.identifier)):
        code = CAVITIES[given.route or ""]
        if code == "96450" and given.administration.site_id in reservoirs:
            code = "96542"
        uncounted = code == "lesions" and given.administration.lesion_count is None
        if given.billing != "CHEMO" or uncounted:
            desk.hold(given, "F-UNLISTED")
        else:
            sessions.setdefault((code, str(desk.date_of(given.start))), []).append(given)
    for (code, _), session in sessions.items():
        lesions = sum(one.administration.lesion_count or 0 for one in session)
        by_lesions = "96405" if lesions <= 7 else "96406"
        desk.write(by_lesions if code == "lesions" else code, session[0].start, session)
