"""The adapters of the raw topics: the site's file, the secret, and that no bytes stop the worker."""

from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.feeds.linking import Unlinked
from streams.feeds.raw_processor import RawProcessor
from streams.feeds.site_mapping import DEFAULT_SITE
from streams.wire import topics
from streams.wire.message import Headers
from streams.worker.adapters import adapters
from streams.worker.settings import SettingError, settings_from

ADT = (
    b"MSH|^~\\&|EMAR|NORTH|||20260105075500-0500||ADT^A01^ADT_A01|1|P|2.5.1\rEVN|A01|20260105075500-0500\r"
    b"PID|1||P1^^^H^MR\rPV1|1|O|||||||||||||||||V1\r"
)


class Rec(NamedTuple):
    """One record of a raw topic."""

    value: bytes
    key: bytes | None = b"NORTH"
    offset: int = 7
    headers: Headers = ()
    timestamp: int = 0


@st.composite
def mutilated(draw: st.DrawFn) -> bytes:
    """Draw a message with bytes of it changed, cut out or doubled, or bytes that are none."""
    raw = bytearray(
        draw(st.sampled_from([ADT, ADT + ADT, b'{"resourceType":"Encounter"}', b"FHS|^~\\&\r" + ADT]))
    )
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(raw)))
        raw[at : at + draw(st.integers(0, 9))] = draw(st.binary(max_size=6))
    return bytes(raw) or b"\x00"


@given(mutilated(), st.sampled_from(topics.RAW))
def test_no_bytes_stop_the_worker(raw: bytes, topic: str) -> None:
    """What is refused keeps its bytes, and every record is accounted for."""
    processor = RawProcessor(topic, 0, adapters(DEFAULT_SITE, None)[topic], Unlinked(), {})
    done = processor.process([Rec(raw)])
    assert done.counts.faults == 0
    assert sum(done.counts.became.values()) >= 1
    for message in done.messages:
        assert message.topic == topics.EVENTS or (message.topic, message.value) == (topics.REJECTS, raw)


def test_a_batch_is_as_many_messages_as_it_holds() -> None:
    """Of FHS and BHS, or one after the other."""
    read = adapters(DEFAULT_SITE, None)[topics.RAW_HL7V2]
    other = ADT.replace(b"|1|P|", b"|2|P|").replace(b"|V1\r", b"|V2\r")
    batch = b"FHS|^~\\&\rBHS|^~\\&\r" + ADT + other + b"BTS|2\rFTS|1\r"
    stays = [event["encounter_id"] for conversion in read(batch, {}) for event in conversion.events]
    assert [*dict.fromkeys(stays)] == ["V1", "V2"]


def test_the_sites_file_and_the_secret_are_read(tmp_path: Path) -> None:
    """And the secret is the file's, without its line end."""
    site, secret = tmp_path / "site.toml", tmp_path / "secret"
    site.write_text('encounter = ["PID-18"]\n', encoding="utf-8")
    secret.write_text("0123" * 4 + "\n", encoding="utf-8")
    settings = settings_from({"INFUSION_SITE_FILE": str(site), "INFUSION_PATIENT_KEY_FILE": str(secret)})
    assert settings.site.encounter == ("PID-18",)
    assert settings.patient_secret == b"0123" * 4


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("INFUSION_SITE_FILE", "encounter = 3\n", "INFUSION_SITE_FILE: .*site: "),
        (
            "INFUSION_PATIENT_KEY_FILE",
            "short",
            "INFUSION_PATIENT_KEY_FILE: has less than 16 characters",
        ),
    ],
)
def test_what_is_wrong_with_them_is_told(tmp_path: Path, name: str, text: str, says: str) -> None:
    """Before anything is read."""
    file = tmp_path / "site"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingError, match=says):
        settings_from({name: str(file)})
    with pytest.raises(SettingError, match=f"{name}: cannot be read: .*: No such file"):
        settings_from({name: str(tmp_path / "nowhere")})
