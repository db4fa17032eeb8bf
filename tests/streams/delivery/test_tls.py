"""TLS to a billing system: its certificate and its name are checked, ours is shown, and a bare connection is not one."""

import ssl
import subprocess
from pathlib import Path
from shutil import which

import pytest
from billing_receiver import BillingReceiver
from charge_samples import AT, CHARGE, site

from streams.delivery.answer import UnreachableError
from streams.delivery.destination import destination
from streams.delivery.outgoing import Outgoing, outgoing

pytestmark = pytest.mark.skipif(
    which("openssl") is None, reason="makes its certificates with openssl, which is not here"
)


def message() -> Outgoing:
    """Return a message."""
    made = outgoing(CHARGE, "dft", site(), int(AT.timestamp() * 1000))
    assert isinstance(made, Outgoing)
    return made


def certificate(folder: Path, name: str) -> tuple[str, str]:
    """Return the files of a certificate for a host, its own authority, and of its key."""
    made = str(folder / f"{name}.pem"), str(folder / f"{name}.key")
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-days", "30", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"),
            *("-out", made[0], "-keyout", made[1]),
        ],
        check=True,
        capture_output=True,
    )
    return made


def receivers_side(own: tuple[str, str], client: str) -> ssl.SSLContext:
    """Return what a receiver that asks for our certificate works with."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=client)
    context.load_cert_chain(*own)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


async def test_each_side_sees_the_others_certificate(tmp_path: Path) -> None:
    """With both the message goes through; without ours, or trusting somebody else, it does not."""
    theirs, ours = certificate(tmp_path, "localhost"), certificate(tmp_path, "us")
    stranger = certificate(tmp_path, "stranger")
    known = {
        "INFUSION_DELIVER_CAFILE": theirs[0],
        "INFUSION_DELIVER_CERTFILE": ours[0],
        "INFUSION_DELIVER_KEYFILE": ours[1],
    }
    with BillingReceiver(tls=receivers_side(theirs, ours[0])) as billing:
        client = destination("billing", billing.address, None, known).client(5.0)
        assert (await client.send(message())).verdict == "accepted"
        await client.close()
        for less in (
            {"INFUSION_DELIVER_CAFILE": theirs[0]},
            known | {"INFUSION_DELIVER_CAFILE": stranger[0]},
            {},
        ):
            client = destination("billing", billing.address, None, less).client(5.0)
            with pytest.raises(UnreachableError):
                await client.send(message())
            await client.close()
    assert len(billing.taken) == 1


async def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    """Also by an authority that is trusted."""
    theirs, ours = certificate(tmp_path, "elsewhere"), certificate(tmp_path, "us")
    with BillingReceiver(tls=receivers_side(theirs, ours[0])) as billing:
        made = destination("billing", billing.address, None, {"INFUSION_DELIVER_CAFILE": theirs[0]})
        with pytest.raises(UnreachableError, match="TLS: CERTIFICATE_VERIFY_FAILED"):
            await made.client(5.0).send(message())
    assert billing.seen == []


async def test_a_receiver_without_tls_is_no_receiver_with_it() -> None:
    """Nothing of a charge goes out in the clear."""
    with BillingReceiver() as billing:
        made = destination("billing", f"mllps://localhost:{billing.port}", None, {})
        with pytest.raises(UnreachableError):
            await made.client(1.0).send(message())
    assert billing.seen == []
