"""The settings of the front door: what it refuses, in words, and that a door never stands open by an oversight."""

import re
from pathlib import Path

import pytest

from streams.listener.settings import MLLP, ListenSettings, listen_settings
from streams.metrics.bind import Bind
from streams.worker.settings import SettingError

PREFIX = MLLP.removesuffix("MLLP")
TOKEN = "0123" * 4


def test_without_a_word_both_doors_are_on_this_machine_alone() -> None:
    """Nobody from elsewhere comes in until somebody says so."""
    settings = listen_settings({})
    assert settings == ListenSettings()
    assert (settings.mllp, settings.http) == (Bind("127.0.0.1", 2575), Bind("127.0.0.1", 8088))


def test_a_door_for_others_needs_to_be_told_who() -> None:
    """Networks for MLLP, a token for HTTP."""
    settings = listen_settings(
        {
            "INFUSION_LISTEN_MLLP": "0.0.0.0:2575", "INFUSION_LISTEN_HTTP": "[::]:8088",
            "INFUSION_LISTEN_ALLOW": "2001:db8::/32, 127.0.0.1", "INFUSION_LISTEN_TOKEN": TOKEN,
        }
    )  # fmt: skip
    assert settings.guard.token == TOKEN
    assert len(settings.allow.named) == 2


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        (
            {"MLLP": "0.0.0.0:2575"},
            ("INFUSION_LISTEN_MLLP: 0.0.0.0:2575 can be reached from other machines, and anybody would be let in; "
            "say who may come in: INFUSION_LISTEN_ALLOW names networks, INFUSION_LISTEN_TLS_CLIENT_CA the "
            "authority of clients' certificates"),
        ),
        (
            {"HTTP": "[::]:8088", "ALLOW": "2001:db8::/32"},
            ("INFUSION_LISTEN_HTTP: [::]:8088 can be reached from other machines, and anybody would be let in; "
            "say who may send: INFUSION_LISTEN_TOKEN_FILE names a file with a token, INFUSION_LISTEN_PROXY_HEADER the "
            "header of a proxy that vouches"),
        ),
        ({"MLLP": "off", "HTTP": "off"}, "INFUSION_LISTEN_MLLP and INFUSION_LISTEN_HTTP are both off; there is nothing to listen on"),
        ({"MLLP": "here"}, "INFUSION_LISTEN_MLLP: write HOST:PORT, for example 127.0.0.1:2575, 0.0.0.0:2575 for every network, or off"),
        ({"ALLOW": "2001:db8::/129"}, "INFUSION_LISTEN_ALLOW: not a list of networks; write each as ADDRESS/BITS, with commas between"),
        ({"TOKEN": "short"}, "INFUSION_LISTEN_TOKEN: a token has at least 16 plain characters; make one with openssl rand -hex 32"),
        ({"TOKEN": TOKEN, "TOKEN_FILE": "x"}, "INFUSION_LISTEN_TOKEN and INFUSION_LISTEN_TOKEN_FILE are both set; leave one out"),
        ({"TOKEN_FILE": "/nowhere/token"}, "INFUSION_LISTEN_TOKEN_FILE: the file cannot be read: No such file or directory"),
        (
            {"PROXY_HEADER": "X-User"},
            ("INFUSION_LISTEN_PROXY_HEADER and INFUSION_LISTEN_PROXIES belong together: the header, and the networks of "
            "those who may set it"),
        ),
        (
            {"PROXY_HEADER": "X User", "PROXIES": "127.0.0.1"},
            ("INFUSION_LISTEN_PROXY_HEADER: not the name of a header; write for example "
            "INFUSION_LISTEN_PROXY_HEADER=X-Forwarded-User"),
        ),
        ({"ACK_MODE": "always"}, "INFUSION_LISTEN_ACK_MODE: not one of the known words; write commit, never, msh"),
        (
            {"MAX_MESSAGE_BYTES": "20000000"},
            ("INFUSION_LISTEN_MAX_MESSAGE_BYTES: not a number from 1024 to 11,534,336; write for example "
            "INFUSION_LISTEN_MAX_MESSAGE_BYTES=4194304"),
        ),
        ({"TLS_KEY": "x"}, "INFUSION_LISTEN_TLS_KEY is set without INFUSION_LISTEN_TLS_CERT; name the certificate of this door"),
        ({"TLS_CERT": "/nowhere"}, "INFUSION_LISTEN_TLS_CERT: the file cannot be read: No such file or directory"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told(environment: dict[str, str], says: str) -> None:
    """Which one, what is wrong, and what to write."""
    with pytest.raises(SettingError, match=f"^{re.escape(says)}$"):
        listen_settings({f"{PREFIX}{name}": value for name, value in environment.items()})


def test_a_token_is_read_from_its_file(tmp_path: Path) -> None:
    """Where no list of processes shows it."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    assert listen_settings({"INFUSION_LISTEN_TOKEN_FILE": str(file)}).guard.token == TOKEN


def test_the_site_file_says_whose_a_sender_is(tmp_path: Path) -> None:
    """And is refused in words where it is wrong."""
    file = tmp_path / "site.toml"
    file.write_text('[facilities]\nPUMPVENDOR = "NORTH"\n', encoding="utf-8")
    assert listen_settings({"INFUSION_SITE_FILE": str(file)}).facilities == {b"PUMPVENDOR": b"NORTH"}
    file.write_text('[facilities]\nPUMPVENDOR = ""\n', encoding="utf-8")
    with pytest.raises(SettingError, match=r"INFUSION_SITE_FILE: .*facilities"):
        listen_settings({"INFUSION_SITE_FILE": str(file)})
