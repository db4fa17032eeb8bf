"""Who is let in, what a form must bring, and what a browser is told."""

from pathlib import Path
from typing import Any

import pytest

from streams.console.people import Guard, Proxy, people_of
from streams.console.settings import console_settings
from streams.listener.access import networks_of
from streams.worker.settings import SettingError

TOKENS = "ann see,resolve aaaaaaaaaaaaaaaaaaaa\n# a remark\nbob see bbbbbbbbbbbbbbbbbbbb\n"


def ours(client: Any) -> dict[str, str]:
    """Return what a browser says of a form of ours."""
    return {"Origin": str(client.make_url("/")).rstrip("/")}


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"INFUSION_CONSOLE_BIND": "0.0.0.0:8090"}, "anybody would see patients"),
        ({"INFUSION_CONSOLE_TOKENS": "ann see short"}, "at least 16 plain characters"),
        ({"INFUSION_CONSOLE_TOKENS": "ann rule aaaaaaaaaaaaaaaaaaaa"}, "a role that there is not"),
        ({"INFUSION_CONSOLE_PROXY_HEADER": "X-User"}, "belong together"),
        ({"INFUSION_CONSOLE_DASHBOARDS": "javascript:alert(1)"}, "not an address"),
        ({"INFUSION_CONSOLE_BIND": "off"}, "shows nothing"),
    ],
)
def test_a_console_that_would_stand_open_does_not_start(environment: dict[str, str], says: str) -> None:
    """One sentence names the variable and what to write, and never a token."""
    with pytest.raises(SettingError, match=says) as error:
        console_settings(environment)
    assert "aaaa" not in str(error.value)


async def test_without_a_token_nobody_sees_anything_and_roles_say_what_one_may_do(console: Any) -> None:
    """A browser is led to the form, a program is told; who may only see may not answer."""
    stage, client = await console(guard=Guard(people_of(TOKENS)))
    await stage.stay("E1")
    assert (await client.get("/stay/E1")).status == 401
    led = await client.get("/stay/E1", headers={"Accept": "text/html"}, allow_redirects=False)
    assert led.headers["Location"] == "/enter?to=/stay/E1"
    origin = {"Origin": str(client.make_url("/")).rstrip("/")}
    wrong = await client.post("/enter", data={"token": "c" * 20}, headers=origin)
    assert wrong.status == 403
    entered = await client.post(
        "/enter",
        data={"token": "b" * 20, "to": "//elsewhere.example/"},
        headers=origin,
        allow_redirects=False,
    )
    assert entered.headers["Location"] == "/"
    assert "HttpOnly" in entered.headers["Set-Cookie"]
    assert "SameSite=Strict" in entered.headers["Set-Cookie"]
    assert "bbbb" not in entered.headers["Set-Cookie"]
    assert (await client.get("/stay/E1")).status == 200
    assert '"who":"bob"' in stage.access.read_text()
    refused = await client.post("/answer", data={"encounter": "E1"}, headers=origin)
    assert refused.status == 403
    assert (await client.get("/audit", headers={"Authorization": "Bearer " + "a" * 20})).status == 200


async def test_a_proxy_vouches_only_from_its_network_and_only_for_known_roles(console: Any) -> None:
    """Headers of anybody else say nothing."""
    told = {"X-User": "cara", "X-Roles": "see, rule"}
    _, client = await console(guard=Guard((), Proxy("X-User", "X-Roles", networks_of("fd00::/8"))))
    assert (await client.get("/queue", headers=told)).status == 401


async def test_a_form_of_another_site_and_another_name_of_the_host_are_refused(console: Any) -> None:
    """Neither a page elsewhere nor a name that is made to lead here does anything."""
    stage, client = await console()
    await stage.stay("E1")
    for origin in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {}):
        assert (await client.post("/undo", data={"encounter": "E1"}, headers=origin)).status == 403
    assert (await client.get("/queue", headers={"Host": "evil.example"})).status == 421
    assert not stage.sent


@pytest.mark.parametrize("path", ["/answer", "/claim", "/undo", "/what-if", "/diff", "/rejects", "/enter"])
async def test_a_form_that_no_page_sends_is_refused_and_is_no_fault(console: Any, path: str) -> None:
    """Without a boundary, and in a charset that nobody has."""
    _, client = await console()
    for kind in ("multipart/form-data", "application/x-www-form-urlencoded; charset=nonsense"):
        told = ours(client) | {"Content-Type": kind}
        answer = await client.post(path, data=b"name=\xff", headers=told, allow_redirects=False)
        assert (answer.status, await answer.text()) == (400, "The form cannot be read; open its page anew.\n")


async def test_an_address_that_is_none_and_an_absurd_number_are_no_faults(console: Any) -> None:
    """Where a form leads back to, where it was sent from, and the revision of a stay."""
    stage, client = await console()
    await stage.stay("E1")
    form = {"encounter": "E1", "name": "coder-7", "do": "claim", "back": "http://[::1"}
    answer = await client.post("/claim", data=form, headers=ours(client), allow_redirects=False)
    assert answer.status == 303
    form |= {"do": "x" * 5000, "back": ""}
    await client.post("/answer", data=form, headers=ours(client), allow_redirects=False)
    assert "xx" not in stage.access.read_text()
    assert (await client.post("/claim", data=form, headers={"Origin": "http://[::1"})).status == 403
    assert (await client.get("/queue", headers={"Host": "[::1"})).status in {400, 421}
    for number in ("9" * 20, "9" * 5000, "-1", "\u00b2"):
        assert (await client.get("/stay/E1/set.json", params={"revision": number})).status == 404


async def test_every_answer_forbids_script_of_elsewhere_and_frames(console: Any) -> None:
    """No page has script or style of its own in it."""
    stage, client = await console()
    await stage.stay("E1")
    for path in (
        "/queue?item=E1~1",
        "/stays",
        "/stay/E1",
        "/stay/nobody",
        "/feeds",
        "/rejects",
        "/audit",
        "/health",
        "/contract",
        "/nothing",
    ):
        answer = await client.get(path)
        page = await answer.text()
        assert answer.status in {200, 404}, path
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick" not in page


async def test_what_events_say_is_text_and_never_markup(console: Any) -> None:
    """A drug's name, an id and a reason come from outside."""
    stage, client = await console()
    name = "<script>alert(1)</script>"
    await stage.stay(name)
    for path in ("/queue", "/stays", "/audit"):
        assert "<script>alert" not in await (await client.get(path)).text()


async def test_a_fault_of_ours_says_no_word_of_a_patient(
    console: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the fault's kind and place."""
    stage, client = await console()

    def broken(*_: Any, **__: Any) -> None:
        message = "Wilhelmina"
        raise RuntimeError(message)

    stage.model.rows = broken  # type: ignore[method-assign] - a fault made by hand
    answer = await client.get("/feeds")
    assert answer.status == 500
    assert "Wilhelmina" not in await answer.text() + caplog.text
    assert "RuntimeError at" in caplog.text


def test_the_folder_is_its_users_alone(tmp_path: Path) -> None:
    """Read model and access log have what patients were given."""
    from streams.console.read_model import ReadModel  # noqa: PLC0415 - only this test needs it

    model = ReadModel(tmp_path / "console")
    assert model.path.parent.stat().st_mode & 0o777 == 0o700
    assert model.path.stat().st_mode & 0o777 == 0o600
    model.close()


async def test_an_error_is_a_page_for_a_browser_and_a_line_for_a_program(console: Any) -> None:
    """Either has the status; the page has the way back."""
    _, client = await console()
    browser = {"Accept": "text/html,application/xhtml+xml"}
    for path, says in (("/nowhere", "There is no such page"), ("/undo", "This address takes a form")):
        answer = await client.get(path, headers=browser)
        page = await answer.text()
        assert answer.status in {404, 405}
        assert says in page
        assert 'href="/">To the queue' in page
    plain = await client.get("/nowhere")
    assert (plain.status, await plain.text()) == (404, "404: Not Found")
