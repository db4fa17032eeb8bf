"""The page a visitor reads: made-up rows in, and each figure stands beside its aim with what came of it."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from aims import AIMS
from drawing import drawing
from measured import newest
from page import BEGIN, END, HERE, bars, table, verdict

STREAM = "date,commit,what,figure,unit,yardstick,ratio,n\n"
CODER = (
    "date,commit,python,cores,month,stays,what,rounds,wall_s,wall_least,wall_most,cpu_s,cpu_least,cpu_most,peak_mib,"
    "cpu_ratio,wall_ratio,ratio_least,ratio_most\n"
)
SOAK = (
    "date,commit,minutes,events/s,stays,events,MiB after a minute,MiB at the end,MiB at the most,bound,files after a minute,"
    "files at the end,disk MiB,unread after a minute,unread at the end,us CPU/event\n"
)
CHAOS = "at,commit,engine,seed,events,kills,began,lost,double,emitted,repeated,seconds,done,ended\n"


def rows(text: str) -> dict[str, list[str]]:
    """Return the cells of each row of the table by its words; those of a part that repeats a word by the last."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[1]: row[2:] for row in cells}


def test_nothing_measured_is_said_of_every_aim_and_draws_nothing(tmp_path: Path) -> None:
    """A file that is not there yet is no figure, not a zero."""
    text = table(newest(tmp_path))
    count = sum(aim.limit is not None for aim in AIMS)
    assert text.startswith(f"Of {count} aims: 0 met, 0 not met, {count} not measured.")
    assert text.count("| not measured |") == count
    assert [made for _, made in bars({})] == [[], [], [], []]
    ET.fromstring(drawing(list(bars({}))))  # noqa: S314 -- our own drawing


def test_ratios_of_the_stream_stand_beside_their_aims(tmp_path: Path) -> None:
    """Of a figure measured twice the later row; of a race ours over the contender, with its spread."""
    (tmp_path / "stream.csv").write_text(
        STREAM
        + '2026-01-01,aaaaaaa,bare aiokafka: events/s,9000,events/s,ours over it; 8000-10000,0.500,"9 events, 1 rounds"\n'
        '2026-01-02,bbbbbbb,bare aiokafka: events/s,8000,events/s,ours over it; 6400-10000,0.850,"9 events, 5 rounds"\n'
        '2026-01-02,bbbbbbb,Bytewax: events/s,7000,events/s,ours over it; 7000-7000,1.299,"9 events, 5 rounds"\n'
        '2026-01-02,bbbbbbb,"departure to charges, p99 at 2000 events/s",50,ms,round trip p99,10.000,8 departures\n'
        '2026-01-02,bbbbbbb,"departure to charges, p99 at 2000 events/s",50,ms,round trip mean,99.000,8 departures\n'
        '2026-01-02,bbbbbbb,"departure to charges, p50 at 4000 events/s",50,ms,round trip p50,15.001,8 departures\n'
        '2026-01-02,bbbbbbb,"recovery, empty disk, less an empty start",0.6,s,bare read of the changelog,2.900,9\n'
        "2026-01-02,bbbbbbb,start with nothing to restore,1.5,s,,,\n"
        "2026-01-02,bbbbbbb,memory of an open stay,-3.5,bytes,,,1000000 open stays\n"
        '2026-01-02,bbbbbbb,"three copies, acks=all: bare aiokafka: events/s",4000,events/s,ours over it; 4000-4000,0.700,9\n',
        encoding="utf-8",
    )
    found = newest(tmp_path)
    said = rows(table(found))
    assert said["Bytewax"] == [
        "7,000 events/s (7,000 to 7,000)",
        "ours over it",
        "1.30",
        "at least 1.3",
        "**not met**",
    ]
    assert said["2,000 events/s, p99"] == ["50 ms", "round trip p99", "10.00", "at most 10", "**met**"]
    assert said["4,000 events/s, p50"][-1] == "**not met**"
    assert said["empty disk, less the start"][-1] == "**met**"
    assert said["nothing to restore"] == ["1.5 s", "", "", "below 1.5 s", "**not met**"]
    assert said["memory of a kept stay"] == ["-3.5 bytes", "", "", "at most 128 bytes", "**met**"]
    assert said["bare aiokafka"] == ["4,000 events/s (4,000 to 4,000)", "ours over it", "0.70", "", ""]
    drawn = {bar.name: bar for _, made in bars(found) for bar in made}
    assert (drawn["bare aiokafka"].verdict, drawn["bare aiokafka"].aim) == ("met", 0.85)
    assert [round(ratio, 4) for ratio in drawn["bare aiokafka"][1:4]] == [0.85, 0.68, 1.0625]
    assert "- race: 2026-01-02, commit bbbbbbb, 9 events, 5 rounds" in table(found)


def test_coding_is_held_against_the_floor_and_its_memory_against_a_tenth(tmp_path: Path) -> None:
    """One process by processor time, two by the wall, since processor time counts them both."""
    made = "2026-01-02,bbbbbbb,3.11.7,2"
    (tmp_path / "coder.csv").write_text(
        CODER
        + f"{made},month,100000,infusion code --jobs 1,3,50.0,49.0,52.0,48.0,47.0,49.0,130,4.90,5.10,4.80,5.00\n"
        f"{made},month,100000,infusion code --jobs 2,3,31.0,30.0,32.0,55.0,54.0,56.0,60,5.60,3.10,5.50,5.70\n"
        f"{made},tenth,10000,infusion code --jobs 1,3,5.0,4.9,5.2,4.8,4.7,4.9,100,4.90,5.10,4.80,5.00\n",
        encoding="utf-8",
    )
    said = rows(table(newest(tmp_path)))
    assert said["one process, CPU"] == ["48 s (47 to 49)", "floor's CPU", "4.90", "at most 5", "**met**"]
    assert said["two processes, wall"] == [
        "31 s (30 to 32)",
        "floor's wall",
        "3.10",
        "at most 3",
        "**not met**",
    ]
    assert said["of a month, one process"] == ["130 MiB", "that of a tenth", "1.30", "at most 1.3", "**met**"]


@pytest.mark.parametrize(("end", "unread", "came"), [("341", "1500", "met"), ("370", "4000", "not met")])
def test_a_soak_is_flat_but_for_the_stays_it_keeps(tmp_path: Path, end: str, unread: str, came: str) -> None:
    """270,000 stays of 128 bytes are 33 MiB, which no leak is held for."""
    (tmp_path / "soak.csv").write_text(
        SOAK + f"2026-01-02,bbbbbbb,30.0,1500,270000,2700000,300,{end},380,390,80,88,90,900,{unread},300\n",
        encoding="utf-8",
    )
    said = rows(table(newest(tmp_path)))
    assert said["memory, less what stays kept may take"][-1] == f"**{came}**"
    assert said["unread events"][-1] == f"**{came}**"
    assert said["open files"] == ["88 files", "after a minute", "1.10", "at most 1.1", "**met**"]
    assert said["minutes"][-1] == "**met**"


def test_chaos_counts_the_newest_commits_seeds_that_settled(tmp_path: Path) -> None:
    """A run too slow for a verdict proves nothing, and a tree dirty with the rows themselves is the same commit."""
    (tmp_path / "chaos.csv").write_text(
        CHAOS + "2026-01-01T10:00:00+00:00,aaaaaaa,ours,1,1000,1,1,7,7,1,0,60,,\n"
        "2026-01-02T10:00:00+00:00,bbbbbbb,ours,2,1000,1,1,0,0,1,0,60,kill 1,\n"
        "2026-01-02T10:02:00+00:00,bbbbbbb-dirty,ours,3,1000,1,1,0,1,1,0,60,kill 1,\n"
        '2026-01-02T10:03:00+00:00,bbbbbbb-dirty,ours,4,1000,1,1,900,0,1,0,60,"kill 1, not settled in time 1",\n'
        "2026-01-02T10:04:00+00:00,bbbbbbb-dirty,stock,5,1000,1,1,5,5,1,0,60,,\n",
        encoding="utf-8",
    )
    text = table(newest(tmp_path))
    said = rows(text)
    assert said["newest seeds"] == ["2", "", "", "at least 20", "**not met**"]
    assert said["lost"] == ["0", "", "", "at most 0", "**met**"]
    assert said["double"] == ["1", "", "", "at most 0", "**not met**"]
    assert "- chaos: 2026-01-02, commit bbbbbbb and bbbbbbb-dirty, seeds 2, 3; not settled: 4" in text


def test_the_page_in_the_tree_is_what_its_rows_say() -> None:
    """``make bench-page`` after a run; a figure on the page is a row, whoever wrote it."""
    found = newest(HERE)
    text = (HERE / "README.md").read_text(encoding="utf-8")
    remedy = "rows were added: run make bench-page"
    assert text.partition(BEGIN)[2].partition(END)[0].strip() == table(found), remedy
    assert (HERE / "figures.svg").read_text(encoding="utf-8") == drawing(list(bars(found))), remedy


def test_each_row_of_the_page_is_shown_once_and_judged_by_its_own_bound() -> None:
    """An aim that repeats another's row would be counted twice."""
    assert len({(aim.name, aim.beside) for aim in AIMS}) == len(AIMS)
    assert {verdict(aim, None) for aim in AIMS} == {"not measured"}
