"""An address and its settings: refused before anything connects, with the setting and what to write."""

from pathlib import Path

import pytest

from streams.delivery.destination import DestinationError, destination
from streams.delivery.http_client import HttpClient
from streams.delivery.mllp_client import MllpClient


@pytest.mark.parametrize(
    ("url", "form", "kind"),
    [
        ("mllp://billing.example:2575", None, MllpClient),
        ("mllps://billing.example:2575/", "dft", MllpClient),
        ("https://billing.example/fhir", "chargeitem", HttpClient),
        ("http://[::1]:8080/hl7", "dft", HttpClient),
    ],
)
def test_an_address_has_its_client(url: str, form: str, kind: type) -> None:
    """And TLS where it says so."""
    made = destination("billing", url, form, {})  # type: ignore[arg-type] # a parameter of words
    assert isinstance(made.client(1.0), kind)
    assert (made.tls is not None) == (url.split(":", maxsplit=1)[0] in {"mllps", "https"})
    assert len(made.clients(3, 1.0)) == 3


@pytest.mark.parametrize(
    ("url", "form", "settings", "says"),
    [
        ("billing:2575", None, {}, "the address: write mllp://HOST:PORT"),
        ("mllp://", None, {}, "the address: write mllp://HOST:PORT"),
        ("mllp://billing", None, {}, "the address: write mllp://HOST:PORT and nothing after it"),
        ("mllp://billing:99999", None, {}, "the address: write mllp://HOST:PORT and nothing after it"),
        ("mllp://billing:1/x", None, {}, "the address: write mllp://HOST:PORT and nothing after it"),
        ("mllp://billing:1", "chargeitem", {}, "MLLP carries HL7 v2; send ChargeItem to an http"),
        ("https://me:secret@billing/", None, {}, "the address holds a user or a password"),
        ("mllp://billing:1", None, {"INFUSION_DELIVER_CAFILE": "ca.pem"}, "INFUSION_DELIVER_CAFILE is set, and mllp:// is not"),
        ("https://billing/", None, {"INFUSION_DELIVER_CAFILE": "none.pem"}, "INFUSION_DELIVER_CAFILE: no certificates"),
        ("https://billing/", None, {"INFUSION_DELIVER_KEYFILE": "k.pem"}, "INFUSION_DELIVER_KEYFILE is set without"),
        ("https://billing/", None, {"INFUSION_DELIVER_CERTFILE": "none.pem"}, "INFUSION_DELIVER_CERTFILE: no certificate"),
        ("https://billing/", None, {"INFUSION_DELIVER_TOKEN_FILE": "none"}, "INFUSION_DELIVER_TOKEN_FILE: no token"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(url: str, form: str, settings: dict[str, str], says: str) -> None:
    """By the name of the setting; no secret is repeated."""
    with pytest.raises(DestinationError) as told:
        destination("billing", url, form, settings)  # type: ignore[arg-type] # a parameter of words
    assert str(told.value).startswith(says)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("url", "clear"),
    [("mllp://billing:1", True), ("http://billing/", True), ("mllps://billing:1", False), ("mllp://localhost:1", False), ("http://[::1]/", False)],
)  # fmt: skip
def test_whoever_sends_in_the_clear_is_told(url: str, clear: bool) -> None:  # noqa: FBT001 -- a column of the table
    """Within a machine there is nothing to hear."""
    assert destination("billing", url, None, {}).in_the_clear is clear


def test_a_token_is_read_from_its_file_and_never_shown(tmp_path: Path) -> None:
    """Not in the text of the destination either."""
    file = tmp_path / "token"
    file.write_text("t0ken\n", encoding="utf-8")
    made = destination("billing", "https://billing/", None, {"INFUSION_DELIVER_TOKEN_FILE": str(file)})
    assert made.token == "t0ken"  # noqa: S105 -- a test's
    assert "t0ken" not in repr(made)


@pytest.mark.parametrize("name", ["", "Billing", "a b", "x" * 41, "-a"])
def test_a_name_is_one_of_a_group(name: str) -> None:
    """It stands in the name of the consumer group and in figures."""
    with pytest.raises(DestinationError, match="the destination's name"):
        destination(name, "mllp://billing:1", None, {})
