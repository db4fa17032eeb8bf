"""``infusion code`` as a person and a script meet it: bytes out, words on stderr, and the exit status."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result
from orjson import dumps, loads

from rules.data_files import POLICIES
from streams.batch import spill_buckets as buckets
from streams.batch.process_pool import processes_for
from streams.cli import main

CANARY = "Wilhelmina-4711"
ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", "from streams.cli import main; main()", "code")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}

Event = dict[str, Any]


def event(kind: str, encounter: str, clock: str, **fields: Any) -> Event:
    """Return an event at a time of one Monday, ``08:00`` for example."""
    name = f"{encounter}-{kind}-{clock}-{fields.get('administration_id', '')}"
    return {
        "type": kind,
        "event_id": name,
        "encounter_id": encounter,
        "occurred_at": f"2026-03-02T{clock}:00-05:00",
        **fields,
    }


def stay(encounter: str, stop: str = "09:31", drug: str = "ceftriaxone") -> list[Event]:
    """Return the contract's worked stay: one antibiotic from 8:00 to 9:31."""
    given = {"administration_id": f"{encounter}-A1"}
    return [
        event(
            "encounter_opened",
            encounter,
            "07:40",
            setting="facility",
            payer="medicare",
            time_zone="America/New_York",
        ),
        event(
            "infusion_started",
            encounter,
            "08:00",
            drug={"name": drug},
            route="IV",
            site_id="left",
            order_id="O1",
            **given,
        ),
        event("infusion_stopped", encounter, stop, reason="completed", **given),
        event("encounter_discharged", encounter, "23:00"),
    ]


def text(*events: Event | bytes) -> bytes:
    """Return events, and lines that are none, as an input."""
    return b"".join((one if isinstance(one, bytes) else dumps(one)) + b"\n" for one in events)


def code(given: bytes, *options: str) -> Result:
    """Return what ``infusion code`` makes of stdin, having looked for leaks and tracebacks."""
    result = CliRunner().invoke(main, ["code", *options], input=given)
    assert "Traceback" not in result.stderr
    assert CANARY not in result.stderr
    return result


def sets(result: Result) -> dict[str, Any]:
    """Return the charge sets written, by encounter, in the order written."""
    return {one["encounter_id"]: one for one in map(loads, result.stdout_bytes.splitlines())}


def codes(charge_set: Any) -> list[tuple[str, int]]:
    """Return code and units of each line."""
    return [(line["code"], line["units"]) for line in charge_set["lines"]]


def rejects(result: Result) -> list[str]:
    """Return the lines of stderr that name a line of the input."""
    return [line for line in result.stderr.splitlines() if line.startswith("stdin")]


@pytest.fixture(scope="module")
def month() -> bytes:
    """Return a few hundred synthetic stays, mixed, with merges and cancellations among them."""
    made = CliRunner().invoke(
        main, ["generate", "--encounters", "400", "--start", "2026-03-01", "--order", "arrival"]
    )
    assert made.exit_code == 0
    lines = made.stdout_bytes.splitlines()
    lines += text(
        *stay("X1"), *stay("X2"), *stay("X3"),
        event("encounter_merged", "X3", "22:00", into_encounter_id="X1"),
        event("encounter_merged", "X1", "22:10", into_encounter_id="X2"),
        b"{", b'{"type": "push_given"}', *stay("X4", stop="07:00"),
    ).splitlines()  # fmt: skip
    return b"\n".join(lines) + b"\n"


def shuffled(given: bytes, seed: int) -> bytes:
    """Return the same lines in another order, some of them twice."""
    lines = given.splitlines()
    dice = Random(seed)  # noqa: S311 -- repeatable, not secret
    lines += dice.sample(lines, len(lines) // 10)
    dice.shuffle(lines)
    return b"\n".join(lines)


def test_the_contracts_stay_is_coded_from_stdin_and_from_files(tmp_path: Path) -> None:
    """91 minutes: the first hour and one more; nothing else on stdout, and exit 0."""
    given = text(*stay("E1"))
    file = tmp_path / "events.jsonl"
    file.write_bytes(given)
    from_stdin, from_dash, from_file = code(given), code(given, "-"), code(b"", str(file))
    assert codes(sets(from_stdin)["E1"]) == [("96365", 1), ("96366", 1)]
    assert from_stdin.stdout_bytes == from_dash.stdout_bytes == from_file.stdout_bytes
    assert [one.exit_code for one in (from_stdin, from_dash, from_file)] == [0, 0, 0]
    assert sets(from_stdin)["E1"]["status"] == "final"


def test_events_of_one_stay_may_lie_in_several_files(tmp_path: Path) -> None:
    """Files are one input; sets come in the order of encounter ids."""
    events = [*stay("E2"), *stay("E1")]
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    one.write_bytes(text(*events[::2]))
    other.write_bytes(text(*events[1::2]))
    result = code(b"", str(one), str(other))
    assert list(sets(result)) == ["E1", "E2"]
    assert result.stdout_bytes == code(text(*events)).stdout_bytes


def test_the_order_of_lines_and_repetition_change_no_byte(month: bytes) -> None:
    """The output is a function of the set of events."""
    wanted = code(month, "-q")
    assert wanted.exit_code == 1
    assert len(sets(wanted)) > 400
    for seed in (1, 2):
        assert code(shuffled(month, seed), "-q").stdout_bytes == wanted.stdout_bytes


def test_two_processes_write_the_same_bytes_and_the_same_words(month: bytes) -> None:
    """The number of processes is a matter of speed alone."""
    alone, together = code(month), code(month, "--jobs", "2")
    assert together.stdout_bytes == alone.stdout_bytes
    assert together.stderr == alone.stderr
    assert together.exit_code == alone.exit_code == 1


def test_processes_code_the_buckets_of_an_input_over_the_budget_to_the_same_bytes(
    month: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process reads its buckets, divides what is too large, sets linked stays aside and leaves sorted runs."""
    alone = code(month)
    monkeypatch.setattr(buckets, "BUDGET", 9_000)
    together = code(month, "--jobs", "2")
    assert together.stdout_bytes == alone.stdout_bytes
    assert sorted(together.stderr.splitlines()) == sorted(alone.stderr.splitlines())


def test_a_small_input_is_worth_one_process_and_a_large_one_all_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process takes as long to start as some thousand stays take to code."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    assert [processes_for(size) for size in (0, 1 << 20, 16 << 20, 1 << 40)] == [1, 1, 2, 3]


@pytest.mark.parametrize("budget", [100_000, 9_000])
def test_an_input_over_the_budget_is_coded_to_the_same_bytes(
    month: bytes, budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Temporary files, divided or not, leave no trace in the output, merged stays included."""
    wanted = code(month, "-q")
    monkeypatch.setattr(buckets, "BUDGET", budget)
    found = code(shuffled(month, 3), "-q")
    assert found.stdout_bytes == wanted.stdout_bytes


def test_output_is_in_the_order_of_encounter_ids(month: bytes) -> None:
    """Sorted by id, each once."""
    ids = [loads(line)["encounter_id"] for line in code(month, "-q").stdout_bytes.splitlines()]
    assert ids == sorted(set(ids))


def test_merged_stays_are_coded_as_one() -> None:
    """The stay merged away is cancelled and empty, the other has the events of both."""
    moved = stay("E1")
    kept = [event("encounter_opened", "E2", "07:00", setting="facility", time_zone="America/New_York"),
            event("push_given", "E2", "12:00", administration_id="P", drug={"name": "ondansetron"}, route="IV",
                  order_id="O2"), event("encounter_discharged", "E2", "23:30")]  # fmt: skip
    merged = event("encounter_merged", "E1", "22:00", into_encounter_id="E2")
    found = sets(code(text(*kept, merged, *moved)))
    assert found["E1"]["status"] == "cancelled"
    assert found["E1"]["lines"] == []
    assert codes(found["E2"]) == [("96365", 1), ("96366", 1), ("96375", 1)]


def test_a_voided_merge_has_no_effect() -> None:
    """Both stays stand as if nobody had merged them."""
    merged = event("encounter_merged", "E1", "22:00", into_encounter_id="E2")
    voided = event("event_voided", "E1", "22:05", voids_event_id=merged["event_id"])
    found = sets(code(text(*stay("E1"), *stay("E2"), merged, voided)))
    assert [one["status"] for one in found.values()] == ["final", "final"]
    assert codes(found["E1"]) == codes(found["E2"]) == [("96365", 1), ("96366", 1)]


def test_a_stay_merged_into_one_nobody_saw_is_coded_there() -> None:
    """Its charges do not vanish."""
    merged = event("encounter_merged", "E1", "22:00", into_encounter_id="E9")
    found = sets(code(text(*stay("E1"), merged)))
    assert found["E1"]["status"] == "cancelled"
    assert codes(found["E9"]) == [("96365", 1), ("96366", 1)]


def test_a_merge_written_with_escapes_is_still_a_merge() -> None:
    """JSON has many spellings of one type."""
    merged = dumps(event("encounter_merged", "E1", "22:00", into_encounter_id="E2"))
    escaped = merged.replace(b'"encounter_merged"', rb'"encounter\u005fmerged"')
    given = text(*stay("E1"), *stay("E2"))
    assert code(given + escaped).stdout_bytes == code(given + merged).stdout_bytes


def test_merges_in_a_circle_are_told_and_nothing_vanishes() -> None:
    """One of the stays stays."""
    circle = [
        event("encounter_merged", "E1", "22:00", into_encounter_id="E2"),
        event("encounter_merged", "E2", "22:01", into_encounter_id="E1"),
    ]
    result = code(text(*stay("E1"), *stay("E2"), *circle))
    assert result.exit_code == 1
    assert sorted(one["status"] for one in sets(result).values()).count("cancelled") == 1
    assert any("run in a circle" in line for line in rejects(result))


def test_each_bad_line_is_told_in_one_line_and_the_rest_is_coded() -> None:
    """File, line, field, fault, remedy; counted, exit 1."""
    bad = [
        b'{"type": "encounter_opened", "indication": "' + CANARY.encode(),
        dumps({**stay("E1")[0], "type": CANARY}),
        dumps({**stay("E1")[0], "occurred_at": "2026-03-02T08:00:00"}),
        dumps({**stay("E1")[1], "drug": {"name": 5}}),
        dumps({**stay("E1")[2], "raeson": CANARY}),
        b'["' + CANARY.encode() + b'"]',
        dumps(stay("E1")[1])[:-1] + b',"dose":1e999}',
        b"[" * 50_000,
        b"\0\0\0",
        CANARY.encode() + "é".encode("latin-1"),
    ]
    result = code(text(*stay("E1"), b"", *bad, b"\r", *stay("E2")))
    assert result.exit_code == 1
    assert [
        int(line.split(":")[1]) for line in sorted(rejects(result), key=lambda line: int(line.split(":")[1]))
    ] == [*range(6, 16)]
    assert all(": " in line and "; " in line for line in rejects(result))
    assert [codes(one) for one in sets(result).values()] == [[("96365", 1), ("96366", 1)]] * 2
    assert "read 18, rejected 10" in result.stderr


def test_quiet_counts_rejects_without_a_line_for_each() -> None:
    """The summary and the exit status stay."""
    result = code(text(*stay("E1"), b"{", b"["), "--quiet")
    assert rejects(result) == []
    assert "rejected 2" in result.stderr
    assert result.exit_code == 1


def test_carriage_returns_marks_and_blank_lines_are_no_fault() -> None:
    """An input that went through Windows is coded all the same."""
    given = text(*stay("E1"))
    assert code(b"\xef\xbb\xbf" + given.replace(b"\n", b"\r\n\r\n")).stdout_bytes == code(given).stdout_bytes


def test_a_whole_utf_16_input_is_refused_once() -> None:
    """One line that says how to convert it."""
    result = code(text(*stay("E1")).decode().encode("utf-16"))
    assert rejects(result) == [
        "stdin:1: file: this is UTF-16, not UTF-8; convert it first: iconv -f UTF-16 -t UTF-8"
    ]
    assert result.exit_code == 1


def test_a_line_over_the_limit_is_skipped_and_told() -> None:
    """The limit is an option."""
    given = text(*stay("E1"), event("infusion_paused", "E1", "08:30", administration_id="A" * 2000))
    result = code(given, "--max-line-bytes", "1000")
    assert rejects(result) == [
        (
            "stdin:5: line: longer than 1000 bytes, so it was skipped; "
            "send one event a line; if this is one, raise --max-line-bytes"
        )
    ]
    assert codes(sets(result)["E1"]) == [("96365", 1), ("96366", 1)]


def test_an_id_that_stands_twice_in_a_line_with_two_values_is_refused() -> None:
    """Nobody can tell whose charge it is."""
    doubtful = dumps(stay("E1")[1])[:-1] + b',"encounter_id":"E2"}'
    for more in ((), (event("encounter_merged", "E1", "22:00", into_encounter_id="E3"),)):
        result = code(text(*stay("E1"), doubtful, *stay("E2"), *more))
        assert rejects(result) == [
            ("stdin:5: encounter_id: stands twice in the line; send the event again with one of them")
        ]


def test_one_event_id_with_two_contents_is_told() -> None:
    """Which one counts does not depend on the order; that there were two is said."""
    events = stay("E1")
    other = {**events[2], "occurred_at": "2026-03-02T09:00:00-05:00"}
    one, two = code(text(*events, other)), code(text(other, *events))
    assert one.stdout_bytes == two.stdout_bytes
    assert one.exit_code == 1
    assert [line.split(":")[1:3] for line in rejects(one)] == [["5", " event_id"]]


def test_events_after_a_cancellation_are_told() -> None:
    """A stay that never was cannot go on; reopened, it can."""
    cancelled = event("encounter_cancelled", "E1", "23:10")
    late = event("access_placed", "E1", "23:20", site_id="right")
    result = code(text(*stay("E1"), cancelled, late))
    assert sets(result)["E1"]["status"] == "cancelled"
    assert [line.split(":")[1:3] for line in rejects(result)] == [["6", " encounter_id"]]
    assert result.exit_code == 1
    assert rejects(code(text(*stay("E1"), cancelled, late, event("encounter_reopened", "E1", "23:15")))) == []


@pytest.mark.parametrize(
    ("events", "flag", "line"),
    [
        (stay("E1", stop="07:50"), "F-NEGATIVE_DURATION", "2"),
        (stay("E1", drug=CANARY), "F-CLASS_UNKNOWN", "2"),
    ],
    ids=["a stop before its start", "a drug nobody knows"],
)
def test_a_fault_of_the_chart_is_told_at_a_line_of_that_administration(
    events: Sequence[Event], flag: str, line: str
) -> None:
    """The set is held, and stderr points at the input."""
    result = code(text(*events))
    assert result.exit_code == 1
    assert sets(result)["E1"]["status"] == "held"
    told = [found.split(":")[1:3] for found in rejects(result)]
    assert [line, f" {flag}"] in told
    assert f"{flag} 1" in result.stderr


def test_as_of_makes_a_preview_until_the_confirm_window_has_passed() -> None:
    """72 hours after the departure at 23:00 on 2 March, in any zone."""
    given = text(*stay("E1"))
    for instant, status in (("2026-03-06T03:59:59Z", "preview"), ("2026-03-05T23:00:00-05:00", "final")):
        assert sets(code(given, "--as-of", instant))["E1"]["status"] == status
    window = "confirm_window_after_departure_before_final=1"
    assert (
        sets(code(given, "--as-of", "2026-03-03T00:00:00-05:00", "--set", window))["E1"]["status"] == "final"
    )


def test_setting_and_payer_fill_what_events_leave_out() -> None:
    """What events say stands."""
    opened, *rest = stay("E1")
    silent = {name: value for name, value in opened.items() if name not in {"setting", "payer"}}
    found = sets(code(text(silent, *rest), "--setting", "office", "--payer", "aetna"))["E1"]
    assert (found["setting"], found["payer"]) == ("office", "aetna")
    found = sets(code(text(opened, *rest), "--setting", "office", "--payer", "aetna"))["E1"]
    assert (found["setting"], found["payer"]) == ("facility", "medicare")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--policy", "nobodys"], "There is no policy"),
        (["--policy", "medicare", "--policy", "aetna"], "given 2 times (medicare, aetna); name one"),
        (["--set", "partial_overlap=perhaps"], "does not take"),
        (["--set", "partial_overlap"], "write KEY=VALUE"),
        (["--as-of", "2026-03-02T08:00:00"], "has no offset"),
        (["--as-of", "tomorrow"], "not an instant"),
        (["--jobs", "0"], "--jobs"),
        (["--setting", "hospital"], "--setting"),
        (["--format", "xml"], "--format"),
        (["no-such-file.jsonl"], "does not exist"),
        (["."], "is a directory"),
        (["--frobnicate"], "No such option"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_coded(options: list[str], says: str) -> None:
    """Exit 2, nothing on stdout, words that help."""
    result = code(text(*stay("E1")), "-", *options)
    assert result.exit_code == 2
    assert result.stdout_bytes == b""
    assert says in result.stderr


def test_a_policy_of_another_facility_is_told_and_its_stay_coded_without_it() -> None:
    """One line names policy and facility, the flag stands in the set, the rest is coded, and the exit status says so."""
    there = [event("encounter_updated", "E1", "07:41", facility="SOUTH")]
    here = [event("encounter_updated", "E2", "07:41", facility="NORTH")]
    given = text(*stay("E1"), *there, *stay("E2"), *here)
    result = code(given, "--policy", str(POLICIES / "examples" / "north-campus.toml"))
    assert result.exit_code == 1
    says = "the policy north-campus is for facility NORTH; this stay is in facility SOUTH"
    remedy = "name the folder of your policies in place of the file, so that each stay takes those of its own facility"
    assert rejects(result) == [f"stdin:1: F-POLICY_SCOPE: {says}; {remedy}"]
    assert "policy      not for 1 of them" in result.stderr
    found = sets(result)
    assert [found[name]["policy"] for name in ("E1", "E2")] == [
        "medicare-facility",
        "medicare-facility+north-campus",
    ]
    assert [flag["flag"] for flag in found["E1"]["flags"] if flag["severity"] == "warn"] == ["F-POLICY_SCOPE"]
    fleet = code(given, "--policy", f"{POLICIES / 'examples'}/")
    assert fleet.exit_code == 0
    assert sets(fleet)["E2"]["policy"] == "medicare-facility+north-campus"


def test_an_input_without_events_is_no_error() -> None:
    """A quiet day."""
    result = code(b"\n\r\n")
    assert (result.exit_code, result.stdout_bytes) == (0, b"")
    assert "read 0, rejected 0" in result.stderr


def test_the_table_is_readable_in_80_columns_without_colour(month: bytes) -> None:
    """Status, lines, flags and refusals, for a pipe as for a screen."""
    result = code(month + text(*stay("E1")), "--format", "table", "-q")
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in result.stdout
    assert any(line.startswith("E1  final  facility  medicare  2 units") for line in lines)
    assert any(line.split() == ["96366", "1", "2026-03-02", "91", "charted"] for line in lines)
    assert any("F-NEGATIVE_DURATION" in line for line in lines)


def test_the_table_comes_in_the_same_order_from_two_processes(month: bytes) -> None:
    """The format makes no difference to jobs."""
    options = ("--format", "table", "-q")
    assert code(month, *options, "--jobs", "2").stdout_bytes == code(month, *options).stdout_bytes


def test_a_fault_of_ours_costs_one_stay_and_is_told_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """The night's other stays are coded."""
    from streams.batch import coder as coding  # noqa: PLC0415 -- replaced for this test alone

    sound = coding.coding_steps

    def faulty(encounter: Any, profile: Any) -> Any:
        if encounter.encounter_id == "E2":
            raise RuntimeError(CANARY)
        return sound(encounter, profile)

    monkeypatch.setattr(coding, "coding_steps", faulty)
    result = code(text(*stay("E1"), *stay("E2"), *stay("E3")))
    assert list(sets(result)) == ["E1", "E3"]
    assert result.exit_code == 1
    assert len(rejects(result)) == 1
    assert "a fault of ours while coding it (RuntimeError in test_code.py" in result.stderr


def test_help_names_every_option() -> None:
    """What can be asked for is written down."""
    result = CliRunner().invoke(main, ["code", "--help"])
    assert result.exit_code == 0
    for option in (
        "--format",
        "--policy",
        "--set",
        "--setting",
        "--payer",
        "--jobs",
        "--max-line-bytes",
        "--as-of",
    ):
        assert option in result.stdout


def test_coding_to_jsonl_loads_no_terminal_library() -> None:
    """Start-up counts when a script codes one stay at a time."""
    check = "import sys; from streams.cli import main\ntry: main()\nfinally: print('rich' in sys.modules, file=sys.stderr)"
    done = subprocess.run(
        (sys.executable, "-c", check, "code"),
        input=text(*stay("E1")),
        capture_output=True,
        env=ENVIRONMENT,
        check=False,
    )
    assert done.stderr.endswith(b"False\n")


def long_line(megabytes: int) -> Iterator[bytes]:
    """Return a sound stay with a line of many megabytes in its middle, piece by piece."""
    events = text(*stay("E1"))
    half = events.index(b"\n") + 1
    yield events[:half]
    yield b'{"type": "'
    for _ in range(megabytes):
        yield b"x" * 1_000_000
    yield b'"}\n' + events[half:]


MEASURED = (
    sys.executable, "-c",
    ("import resource, subprocess, sys; done = subprocess.run(sys.argv[1:]).returncode;"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(done)"),
)  # fmt: skip
"""Runs a command and says, last, the most memory it held, in KiB: of its only child, not of all a test run had."""


def test_a_line_of_100_megabytes_is_skipped_in_constant_memory() -> None:
    """It streams by; the process never grows by the line."""
    with subprocess.Popen(
        (*MEASURED, *COMMAND),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    ) as process:
        assert process.stdin is not None
        for piece in long_line(100):
            process.stdin.write(piece)
        out, err = process.communicate()
    assert process.returncode == 1
    assert b"stdin:2: line: longer than 1048576 bytes" in err
    assert codes(loads(out)) == [("96365", 1), ("96366", 1)]
    assert int(err.split()[-1]) * 1024 < 180_000_000


def test_a_reader_that_goes_away_ends_it_quietly(month: bytes) -> None:
    """``infusion code … | head -1``: no words about a broken pipe, and the status of SIGPIPE."""
    with subprocess.Popen(
        (*COMMAND, "-q"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.write(month)
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_it_quietly(jobs: str) -> None:
    """Ctrl-C: no traceback, status 130."""
    with subprocess.Popen(
        (*COMMAND, "--jobs", jobs),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(b"{\n")
        process.stdin.flush()
        assert process.stderr.readline().startswith(b"stdin:1:")
        # A signal between two looks at it leaves the read that follows asleep: a person presses again.
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
        assert process.stderr.read().strip() == b""
    assert process.returncode == 130


def test_two_contents_under_one_answer_are_told_in_a_line_and_neither_is_lost() -> None:
    """The one stored first counts, whichever line comes first, and the stay says that there were two."""
    analgesia = event("infusion_started", "E1", "08:00", administration_id="A1", route="IV", technique="pca")
    opened, _, *rest = stay("E1")
    rest[0]["administration_id"] = "A1"
    given = [opened, {**analgesia, "drug": {"name": "hydromorphone"}}, *rest]
    said = {"flag": "F-PCA", "administration_ids": ["A1"], "reason": "part of it", "decided_by": "coder-7"}
    first = event("review_decided", "E1", "23:10", decision="no_code", **said) | {"event_id": "r1"}
    second = event("review_decided", "E1", "23:20", decision="attest", **said) | {"event_id": "r1"}
    for answers in ([first, second], [second, first]):
        run = CliRunner().invoke(main, ["code", "-"], input=text(*given, *answers))
        (charge_set,) = map(loads, run.stdout.splitlines())
        assert run.stderr.startswith(
            "stdin:6: event_id: the same id came earlier with another content, and only one of them counts; "
            "send a correction under an id of its own\n"
        )
        assert (charge_set["status"], charge_set["lines"]) == ("final", [])
        assert [one["flag"] for one in charge_set["flags"]] == ["F-EVENT_CONFLICT", "F-PCA"]
        assert [one["rule"] for one in charge_set["not_billed"]] == ["R-REV-1"]
