"""What axe finds on every page, in light and in dark: nothing; and what a keyboard alone reaches: everything."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import chromium
from console_shown import ADDRESSES, nothing, shown

from streams.console.people import Guard, people_of

RULES = {
    "light": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "dark": ["color-contrast"],
}
"""What is asked of a page; in the dark only what may differ there."""

MOST_STOPS = 120
STOP = """() => {
  const at = document.activeElement;
  return at === document.body ? null : [at.textContent.trim(), getComputedStyle(at).outlineStyle !== "none"];
}"""
"""What has the focus, and whether it is seen to have it; nothing beyond the end of the page."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give a browser that takes in axe, which no page of ours would let in."""
    pytest.importorskip(
        "axe_playwright_python",
        reason="not checked by axe: axe-playwright-python is not installed; run make test",
    )
    with chromium() as made:
        yield made


def found(page: Any) -> list[str]:
    """Return what axe has to say of a page, in light and in dark."""
    from axe_playwright_python.base import AXE_SCRIPT  # noqa: PLC0415 - only where it is installed

    page.evaluate(AXE_SCRIPT)
    said = []
    for scheme, rules in RULES.items():
        page.emulate_media(color_scheme=scheme)
        kind = "rule" if scheme == "dark" else "tag"
        result = page.evaluate(
            "(only) => axe.run({ runOnly: only, resultTypes: ['violations'], preload: false })",
            {"type": kind, "values": rules},
        )
        said += [
            f"{page.url} {scheme}: {one['impact']} {one['id']} at {[node['target'] for node in one['nodes'][:3]]}"
            for one in result["violations"]
        ]
    return said


def test_axe_finds_nothing_where_people_work(browser: Any, tmp_path: Path) -> None:
    """A question, a wrong answer, the effect of a right one, and an encounter."""
    page, said = browser.new_page(reduced_motion="reduce", bypass_csp=True), []
    with shown(tmp_path / "console") as address:
        page.goto(f"{address}/queue?item=DOC-01~1")
        page.locator("[data-number='1']").check()
        page.get_by_role("button", name="Show the effect").click()
        page.locator("#problem").wait_for()
        said += found(page)
        page.locator(".answer:has(:checked) .needs input").first.fill("09:31")
        page.get_by_role("button", name="Show the effect").click()
        page.locator("#preview").wait_for()
        said += found(page)
        page.goto(f"{address}/stay/BY-HAND")
        said += found(page)
        page.close()
    assert not said, "\n".join(said)


@pytest.mark.long
def test_axe_finds_nothing_on_any_page(browser: Any, tmp_path: Path) -> None:
    """The pages of the head, each kind of page behind them, the help, and pages of errors."""
    page, said = browser.new_page(reduced_motion="reduce", bypass_csp=True), []
    with shown(tmp_path / "console") as address:
        for path in ADDRESSES:
            page.goto(address + path)
            said += found(page)
        page.goto(f"{address}/stays")
        page.keyboard.press("?")
        said += found(page)
        page.close()
    assert not said, "\n".join(said)


@pytest.mark.long
def test_axe_finds_nothing_on_calculations_nudges_and_feeds(browser: Any, tmp_path: Path) -> None:
    """With rows in each, at a desk; and of the results, at a phone's width."""
    page, said = browser.new_page(reduced_motion="reduce", bypass_csp=True), []
    with shown(tmp_path / "console", incumbent=tmp_path / "posted") as address:
        results = []
        for path in ("/what-if", "/diff"):
            page.goto(address + path)
            said += found(page)
            results.append(page.locator("main tbody th a").first.get_attribute("href"))
        for path in (*results, "/nudges", "/feeds"):
            page.goto(address + path)
            said += found(page)
        page.set_viewport_size({"width": 390, "height": 844})
        for path in results:
            page.goto(address + path)
            said += found(page)
        page.close()
    assert not said, "\n".join(said)


def test_axe_finds_nothing_where_one_comes_in_and_where_there_is_nothing_yet(
    browser: Any, tmp_path: Path
) -> None:
    """The form that asks for a token, and a page without a row, seen by somebody who may only see."""
    guard = Guard(people_of("ann see aaaaaaaaaaaaaaaaaaaa"))
    page, said = browser.new_page(reduced_motion="reduce", bypass_csp=True), []
    with shown(tmp_path / "console", nothing, guard=guard) as address:
        page.goto(f"{address}/queue")
        said += found(page)
        page.get_by_label("Your token").fill("aaaaaaaaaaaaaaaaaaaa")
        page.get_by_role("button", name="Enter").click()
        page.get_by_text("Nothing is held.").wait_for()
        said += found(page)
        page.close()
    assert not said, "\n".join(said)


def test_a_keyboard_reaches_all_of_a_page_and_no_request_leaves_the_machine(
    browser: Any, tmp_path: Path
) -> None:
    """The first stop leads past the head, each is seen, none holds one fast, and keys do what the help says."""
    page, asked = browser.new_page(viewport={"width": 1280, "height": 900}), set()
    page.on("request", lambda request: asked.add(request.url.split("/")[2]))
    with shown(tmp_path / "console") as address:
        page.goto(f"{address}/queue?item=DOC-01~1&severity=all")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        stops = []
        while len(stops) < MOST_STOPS:
            page.keyboard.press("Tab")
            stops.append(page.evaluate(STOP))
            if stops[-1] is None:
                break
        assert stops[-1] is None, "the end of the page is not reached"
        reached = {text for text, _ in stops[:-1]}
        assert {"Filter and order", "Send the answer", "Show the effect", "Claim for 15 minutes"} <= reached
        assert all(ring for _, ring in stops[:-1])
        page.keyboard.press("?")
        page.get_by_role("heading", name="Keys").wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("heading", name="Keys").wait_for(state="hidden")
        for key, place in (("j", "item="), ("e", "/stays"), ("h", "/health"), ("q", "/queue")):
            if key != "j":
                page.keyboard.press("g")
            page.keyboard.press(key)
            page.wait_for_url(lambda url, place=place: place in url)
        page.close()
    assert asked == {address.removeprefix("http://")}
