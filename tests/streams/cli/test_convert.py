"""``infusion convert`` as a person and a script meet it: events on stdout, rejects on stderr, and the exit status."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from orjson import loads
from pump_wire import order, pump
from wire import IV, NAME, ORDER, PID, clock, header, message, ras, rxa, visit

from streams.cli import main
from streams.feeds.hl7v2.batches import Splitter

SEEDS = Path(__file__).resolve().parents[3] / "seeds" / "wire"


def convert(given: bytes, *options: str, **environment: str) -> Result:
    """Return what the verb makes of stdin, having looked for names and tracebacks."""
    result = CliRunner(env=environment).invoke(main, ["convert", "--from", "hl7v2", *options], input=given)
    assert "Traceback" not in result.stderr
    assert NAME not in result.output
    return result


GOOD = ras(ORDER, rxa(), IV)
BAD = ras(ORDER, rxa(f3="20260302"), IV, head=header(control="C2"))


def test_events_go_to_stdout_and_words_to_stderr() -> None:
    """Status 0 where everything was read, ignored kinds included."""
    vaccine = ras(ORDER, rxa(), head=header("VXU^V04"))
    result = convert(GOOD + vaccine)
    assert result.exit_code == 0
    (event,) = map(loads, result.stdout_bytes.splitlines())
    assert event["type"] == "administration_charted"
    assert result.stderr.splitlines() == [
        "messages    read 2, ignored 1, with rejects 0",
        "events      written 1",
        "ignored     VXU^V04 1",
    ]


def test_a_reject_names_file_message_segment_and_field(tmp_path: Path) -> None:
    """The rest is converted; the stay is told that something is missing."""
    path = tmp_path / "feed.hl7"
    path.write_bytes(GOOD + BAD)
    result = convert(b"", str(path))
    assert result.exit_code == 1
    assert [loads(line)["type"] for line in result.stdout_bytes.splitlines()] == [
        "administration_charted",
        "event_refused",
    ]
    assert result.stderr.splitlines()[0] == (
        f"{path}: message 2: RXA-3: only tells the day, so no minutes come from it;"
        " write YYYYMMDDHHMMSS with an offset, for example 20260302080000-0500"
    )
    assert convert(GOOD + BAD, "-q").stderr.startswith("messages")


def test_an_input_without_a_message_is_rejected() -> None:
    """A feed that broke off does not look like a quiet day."""
    for nothing in (b"", b"\r\n", b"FHS|^~\\&\rFTS|0\r"):
        result = convert(nothing)
        assert result.exit_code == 1
        assert result.stderr.startswith("stdin: message: the input holds none")


def test_explain_says_which_field_became_what() -> None:
    """And why a segment was not used; a name is nowhere."""
    sent = ras(ORDER, rxa(f11="BAY^1"), IV, "NTE|1||stopped at nine", "ZZ1|1|x", "OBX|1|NM|1||5")
    lines = convert(GOOD + sent, "--explain", "--message", "2").stdout.splitlines()
    assert lines[0] == "message 2  RAS^O17"
    said = {line.split(maxsplit=1)[0]: line.split(maxsplit=1)[1] for line in lines[1:] if line.strip()}
    assert said["RXA-4"] == "stopped_at; empty on an infusion is an unknown stop"
    assert said["RXR-1"] == "route"
    assert said["NTE"] == "- free text is not read: a time or a route in it is no charted one"
    assert said["ZZ1"] == "- a segment of the sender's own, which no standard describes"
    assert said["RXA"] == "- not read of it: 11"
    assert loads(said["event"])["type"] == "administration_charted"


def test_explain_of_what_is_refused_or_ignored() -> None:
    """The reason stands where the event would."""
    assert "  rejected  RXA-3: only tells the day" in convert(BAD, "--explain").stdout
    assert "  ignored   VXU^V04" in convert(ras(head=header("VXU^V04")), "--explain").stdout
    assert "- VXU^V04 is read for nothing" in convert(ras(head=header("VXU^V04")), "--explain").stdout
    assert "  rejected  MSH: no HL7 v2 message begins here" in convert(b"nothing", "--explain").stdout
    assert (
        "  rejected  message: longer than 256 bytes"
        in convert(
            GOOD * 3 + message(header(), "NTE|1||" + "x" * 400), "--explain", "--max-message-bytes", "256"
        ).stdout
    )


def test_a_site_file_is_read_by_option_or_environment(tmp_path: Path) -> None:
    """What is wrong with it ends the verb before anything is read."""
    path = tmp_path / "site.toml"
    path.write_text('time_zone = "America/Chicago"\n', encoding="utf-8")
    local = ras(ORDER, rxa(f3="20260302080000", f4=""), IV)
    assert convert(local).exit_code == 1
    for result in (convert(local, "--site", str(path)), convert(local, INFUSION_SITE_FILE=str(path))):
        assert loads(result.stdout_bytes)["started_at"] == "2026-03-02T08:00:00-06:00"
    path.write_text("time_zon = 1\n", encoding="utf-8")
    refused = convert(local, "--site", str(path))
    assert refused.exit_code == 2
    assert "time_zon: no such word; did you mean time_zone?" in refused.stderr
    assert convert(local, "--site", str(tmp_path / "none.toml")).exit_code == 2


def test_the_secret_of_patient_keys_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    """Without one there is no key; one that can be tried out is refused."""
    opened = message(header("ADT^A04"), f"EVN||{clock('0740')}", PID, visit())
    assert "patient_key" not in loads(convert(opened).stdout_bytes)
    path = tmp_path / "secret"
    path.write_text("thirty two bytes that are random\n", encoding="utf-8")
    by_file = loads(convert(opened, INFUSION_PATIENT_KEY_FILE=str(path)).stdout_bytes)
    by_value = loads(convert(opened, INFUSION_PATIENT_KEY="thirty two bytes that are random").stdout_bytes)
    assert by_file["patient_key"] == by_value["patient_key"]
    assert convert(opened, INFUSION_PATIENT_KEY="short").exit_code == 2
    missing = convert(opened, INFUSION_PATIENT_KEY_FILE=str(tmp_path / "none"))
    assert missing.exit_code == 2
    assert "INFUSION_PATIENT_KEY_FILE: cannot be read" in missing.stderr


def test_code_fed_with_messages_says_which_verb_reads_them() -> None:
    """Once a segment, as for any line that is no event."""
    result = CliRunner().invoke(main, ["code", "-"], input=GOOD.replace(b"\r", b"\n"))
    assert result.exit_code == 1
    assert "infusion convert --from hl7v2 FILE | infusion code" in result.stderr


def test_a_feed_of_any_length_takes_bounded_memory() -> None:
    """No more is held than a message and a piece of the input, whatever the length of a message."""
    splitter = Splitter(longest=1000)
    piece = (GOOD + b"NTE|" + b"x" * 5000 + b"\r") * 20
    held = found = 0
    for _ in range(20):
        found += sum(1 for _ in splitter.feed(piece))
        held = max(held, sys.getsizeof(splitter._buffer))  # noqa: SLF001 - what is held is the point
    found += sum(1 for _ in splitter.end())
    assert found == 400
    assert held < len(piece) + 2000


@pytest.mark.parametrize("path", sorted((SEEDS / "hl7v2").glob("*.hl7"))[:3], ids=lambda path: path.stem)
def test_the_seeds_are_explained(path: Path) -> None:
    """Whatever is in them."""
    result = convert(b"", "--explain", "--site", str(SEEDS / "site.toml"), str(path))
    assert result.exit_code == 0
    assert "rejected" not in result.stdout


def test_pumps_are_linked_over_all_inputs(tmp_path: Path) -> None:
    """The order in a later file; what nothing links is told of once, at the end, with what was tried."""
    pumps, orders = tmp_path / "pumps.hl7", tmp_path / "orders.hl7"
    pumps.write_bytes(pump("start", "0800", total=0) + pump("complete", "0831", "not-delivering"))
    orders.write_bytes(order())
    result = convert(b"", str(pumps), str(orders))
    assert result.exit_code == 0
    assert [loads(line)["type"] for line in result.stdout_bytes.splitlines()] == [
        "infusion_started",
        "infusion_stopped",
    ]
    assert result.stderr.splitlines() == [
        "messages    read 3, ignored 2, with rejects 0",
        "events      written 2",
        "ignored     remembered, to be joined by other messages 2",
    ]
    alone = convert(b"", str(pumps))
    assert (alone.exit_code, alone.stdout_bytes) == (1, b"")
    told, counted = alone.stderr.splitlines()[:2]
    assert told == (
        "pump P100: pump: unlinked pump: tried order (of OBR-2, not known), association (PV1 and PID name "
        "nobody that is known), bed (PV1-3 names none); send the order, or the patient's bed; it is linked as soon as "
        "one of them comes"
    )
    assert counted == "messages    read 2, ignored 2, with rejects 1"
    assert convert(b"", "-q", str(pumps)).stderr.startswith("messages")


def test_explain_says_what_of_a_pump_is_remembered() -> None:
    """And what follows from it, with the messages before it."""
    result = convert(order() + pump("start", "0800", total=0), "--explain")
    assert "  remember  order O1 is of stay V1, sent to pump P100" in result.stdout
    assert "  remember  pump P100 primary: start delivering at 2026-03-02T08:00:00-05:00" in result.stdout
    assert '"type":"infusion_started"' in result.stdout
    assert "  OBR-2                    the order that a pump echoes" in result.stdout
