"""The figures of the console: how far its read model is, what waits for people and what they do, how fast pages come."""

from typing import Final

from rules.flags import FLAGS
from streams.metrics.metric import WRITING, Kind, Metric

PAGES: Final = (
    *(
        "queue",
        "stays",
        "stay",
        "feeds",
        "rejects",
        "reconciliation",
        "nudges",
        "what-if",
        "diff",
        "audit",
        "health",
        "contract",
    ),
    *("answer", "undo", "claim", "download", "other"),
)
"""What a request asks for, by the name of its route: never an address, which has an encounter in it."""

DEEDS: Final = ("answer", "undo")
RESULTS: Final = ("published", "refused", "unsent")
"""Of what a person sends: Kafka has it; it cannot be given so, or the question stands no more; Kafka did not take it."""

REJECT_STATES: Final = ("open", "parked", "replayed", "mended", "dismissed")
UNFLAGGED: Final = "none"
"""The flag of what answers no question: an answer that is taken back."""


def _metric(name: str, text: str, *labels: str, **known: tuple[str, ...]) -> Metric:
    kind: Kind = "counter" if name.endswith("_total") else "gauge"
    return Metric(f"infusion_console_{name}", kind, text, labels, known, process="console")


CONSOLE: Final = (
    _metric("read_model_lag_seconds",
            "Age of the oldest record of the topics that is not in the read model yet; 0 when there is none."),
    _metric("unread_records", "Records of the topics that are not in the read model yet."),
    _metric("records_read_total", "Records taken into the read model since this process began."),
    _metric("rebuild_seconds",
            "How long the read model took from the start of this process until it had all there was; absent until then."),
    _metric("read_model_bytes", "Size of the read model on its disk."),
    _metric("questions_open", "Questions of the review queue, by weight; block holds the stay.", "severity",
            severity=("block", "warn")),
    _metric("waiting_encounters", "Stays of the queue that a question holds."),
    _metric("at_stake_cents",
            "Money of those stays: the most that an answer would give each, or what its lines give now where that is more."),
    _metric("holds_ending_encounters", "Stays of the queue whose bill hold ends within a day."),
    _metric("holds_ended_encounters", "Stays of the queue whose bill hold has ended."),
    _metric("claimed_encounters", "Stays of the queue that somebody has claimed and works on."),
    _metric("rejects_records", "Refused records by what became of them; open can reach 0.", "state", state=REJECT_STATES),
    _metric("answers_total", "Answers of people that Kafka has, by the flag of their question; none is one that takes another back.",
            "flag", flag=(*sorted(FLAGS), UNFLAGGED)),
    _metric("deeds_total", "What people sent, by what became of it; refused is told to them with a reason, unsent is Kafka's fault.",
            "deed", "result", deed=DEEDS, result=RESULTS),
    _metric("page_faults_total", "Pages that could not be made; the log says where.", "page", page=PAGES),
    Metric("infusion_console_page_seconds", "histogram", "From a request to its whole answer, by page.", ("page",),
           {"page": PAGES}, buckets=WRITING, process="console"),
)  # fmt: skip
