"""
The table of metrics: every figure a process of ours reports, with its unit in its name.

No label ever holds a patient, an encounter or an event: ids are nowhere among the labels. ``kafka_consumergroup_*`` is
left to kminion and its kind, so that a dashboard can join both.
"""

from collections.abc import Mapping
from typing import Final

from models.nudge import NUDGE_KINDS
from rules.flags import FLAGS
from streams.metrics.console_table import CONSOLE
from streams.metrics.metric import WAITING, WRITING, Metric, Process
from streams.wire import topics
from streams.wire.reject_kinds import KINDS

STATES: Final = ("caught_up", "behind", "never_read", "unknown")
"""Of a partition: nothing unread; something unread; records there and no position yet; not asked successfully yet."""

STATUSES: Final = ("preview", "final", "held", "cancelled")

SEVERITIES: Final = ("block", "warn")

LOG_FAULTS: Final = ("log_truncated", "topic_replaced", "partitions_changed", "foreign_cluster")
"""
What stops a worker for good, until somebody mends it: records that were read are gone; a topic was deleted, or made
anew under its name; it has another count of partitions; the data folder is of another cluster.
"""

READY_STATES: Final = (
    *("ready", "idle", "skipped_records", "starting", "recovering", "rebalancing", "stopping"),
    *("broker_silent", "coordinator_silent", "not_polling", "checkpoint_stuck", "destination_silent"),
    *LOG_FAULTS,
)
"""What /readyz says; the first three are ready. Idle: a member of the group, and all partitions are others'."""

REJECT_REASONS: Final = KINDS
"""Kinds of reasons; the words a person reads stand in the reject's own headers."""

SOURCES: Final = 20
"""Sources told apart: the name is free text of a feed, and a feed that numbers them must not fill Prometheus."""

PAYERS: Final = 20

KINDS_TOLD: Final = 40
"""Kinds of ignored messages told apart: a sender may write any."""

SENDERS: Final = 20
"""Senders told apart at the front door: their names are what they write into a header."""

_NAMED_SOURCES: Final = {"source": ("emar", "pump", "adt", "manual")}
_READ: Final = {"topic": topics.READ}
_NOT_THE_WORKERS: Final = {*topics.RAW, topics.DELIVERIES, topics.PARKED}
_WRITTEN: Final = {
    "topic": tuple(topic.name for topic in topics.TOPICS if topic.name not in _NOT_THE_WORKERS)
}
_FLAGS: Final = tuple(sorted(FLAGS))
_PLACE: Final = ("topic", "partition")


def _lag(prefix: str, who: str, process: Process) -> tuple[Metric, ...]:
    rows = (
        Metric(
            f"{prefix}lag_seconds", "gauge",
            f"Age of the oldest record {who} has not finished, by the record's own timestamp; 0 when there is none, "
            "absent while the partition was never read or the age is not known yet.", _PLACE,
        ),
        Metric(
            f"{prefix}lag_records", "gauge",
            f"Records {who} has not finished: end of the partition less committed position; never negative, absent "
            "while the partition was never read.", _PLACE,
        ),
        Metric(
            f"{prefix}partition_state", "gauge",
            "1 for the state a partition is in, 0 for the others. never_read: there are records and no position.",
            (*_PLACE, "state"),
        ),
        Metric(
            f"{prefix}position_offset", "gauge",
            "Committed position: offset of the first record not finished. Standing still while behind is no progress.",
            _PLACE,
        ),
        Metric(f"{prefix}end_offset", "gauge", "Offset after the last record of the partition.", _PLACE),
        Metric(
            f"{prefix}retention_headroom_seconds", "gauge",
            "Time until the oldest unread record may be deleted (retention.ms); all of the retention when nothing is "
            "unread, absent where nothing is deleted by time.", _PLACE,
        ),
    )  # fmt: skip
    return tuple(row._replace(process=process) for row in rows)


def _gauge(
    name: str, text: str, *labels: str, known: Mapping[str, tuple[str, ...]] | None = None, most: int = 0,
    process: Process = "worker",
) -> Metric:  # fmt: skip
    return Metric(name, "gauge", text, labels, known or {}, most, process=process)


def _counter(
    name: str, text: str, *labels: str, known: Mapping[str, tuple[str, ...]] | None = None, most: int = 0,
    process: Process = "worker",
) -> Metric:  # fmt: skip
    return Metric(name, "counter", text, labels, known or {}, most, process=process)


ANY: Final = (
    _gauge("infusion_build_info", "1; the labels name the release and its rulebook.", "version", "rulebook",
           process="any"),
    _gauge("infusion_ready", "1 when /readyz answers 200, else 0.", process="any"),
    _gauge("infusion_ready_state", "1 for what /readyz says, 0 for the others.", "state",
           known={"state": READY_STATES}, process="any"),
    _gauge("infusion_broker_silence_seconds", "Since Kafka last answered a question about partitions.", process="any"),
    _gauge("infusion_loop_silence_seconds", "Since the process's own loop last turned; /livez fails on a minute of it.",
           process="any"),
    _counter("infusion_log_events_total", "Lines logged, by level.", "level",
             known={"level": ("info", "warning", "error", "critical")}, process="any"),
)  # fmt: skip

FLOW: Final = (
    *_lag("infusion_", "this worker", "worker"),
    _gauge("infusion_partitions", "Partitions of topics this worker reads."),
    _gauge("infusion_coordinator_silence_seconds", "Since the group last confirmed this worker's membership."),
    _gauge("infusion_poll_silence_seconds", "Since this worker last asked for records."),
    _gauge("infusion_checkpoint_age_seconds", "Since the last checkpoint was complete."),
    Metric("infusion_checkpoint_seconds", "histogram", "How long checkpoints that wrote something took.",
           buckets=WRITING),
    _gauge("infusion_recovery_seconds", "How long the last recovery took, from the deal of partitions to reading."),
    _counter("infusion_recoveries_total", "Recoveries finished: every deal of partitions has one."),
    _counter("infusion_deals_total", "How often partitions were dealt to this worker."),
    _counter("infusion_commits_total", "Commits of positions the group took."),
    _counter("infusion_records_read_total", "Records handed to agents, those read again included.", "topic", known=_READ),
    _counter("infusion_records_written_total", "Records written and acknowledged, changelogs included.", "topic", known=_WRITTEN),
    _counter("infusion_input_lost_records_total", "Records deleted before they were read.", "topic", known=_READ),
    _gauge("infusion_index_entries", "Entries of the index of deadlines."),
    _gauge("infusion_index_bytes", "Memory of the index of deadlines and of the counts beside it, reckoned."),
    _gauge("infusion_cached_stays", "Stays cached in memory."),
    _gauge("infusion_uncounted_partitions",
           "Partitions whose stays or charge sets are still being counted after recovery; figures of state are absent "
           "until this is 0."),
)  # fmt: skip

STAYS: Final = (
    _gauge("infusion_open_encounters", "Stays without a departure, neither withdrawn nor closed."),
    _gauge("infusion_departed_encounters", "Stays that departed and are not final yet."),
    _gauge("infusion_open_infusions", "Infusions started and not stopped, in open stays."),
    _gauge("infusion_oldest_open_infusion_seconds", "Since the start of the longest of them; 0 when there is none."),
    _gauge("infusion_missing_stops", "Infusions without a stop in stays that departed and are not final yet."),
    _gauge("infusion_next_due_timestamp_seconds",
           "When the next stay is to be coded, Unix time; 0 when no stay waits for that."),
    _gauge("infusion_unlinked_infusions", "Infusions of pumps whose stay no order, association or bed tells yet."),
    _gauge("infusion_due_encounters", "Stays that are to be coded at some instant to come."),
    _gauge("infusion_overdue_encounters", "Stays whose instant has passed and that are not coded yet."),
    _gauge("infusion_oldest_overdue_seconds", "By how long the longest of them is overdue; 0 when there is none."),
)  # fmt: skip

FEEDS: Final = (
    _counter("infusion_events_total", "Events taken that were not known yet.", "source", known=_NAMED_SOURCES, most=SOURCES),
    _counter("infusion_duplicates_total", "Events that were known already.", "source", known=_NAMED_SOURCES, most=SOURCES),
    _counter("infusion_late_events_total", "Events of stays that were coded already.", "source", known=_NAMED_SOURCES, most=SOURCES),
    _counter("infusion_rejects_total", "Records refused, by the topic they came on and the kind of reason.",
             "topic", "reason", known={**_READ, "reason": REJECT_REASONS}),
    _counter("infusion_skipped_records_total", "Damaged records moved past, as INFUSION_SKIP_RECORDS says; each is a reject.",
             "topic", known=_READ),
    _counter("infusion_headers_dropped_total", "Headers of refused and of forwarded events that were not sent on: too many, or too large."),
    _gauge("infusion_source_silence_seconds", "Since the last event of a source came, by the record's timestamp.",
           "source", most=SOURCES),
    _gauge("infusion_source_unheard_seconds",
           "Since this worker began, of a source it is told to expect (INFUSION_EXPECTED_SOURCES) and has never heard; "
           "absent once it has.", "source", most=SOURCES),
    Metric("infusion_chart_delay_seconds", "histogram", "From when something happened to when its source stored it.",
           ("source",), _NAMED_SOURCES, SOURCES, WAITING),
)  # fmt: skip

MONEY: Final = (
    Metric("infusion_bedside_to_charge_seconds", "histogram",
           "From the end of what a line is for to its charge; of lines not charged before.", buckets=WAITING),
    Metric("infusion_departure_to_charge_seconds", "histogram",
           "From the departure to a charge; of stays that had none until then.", buckets=WAITING),
    _gauge("infusion_charge_sets", "Stays by the status of their newest charge set.", "status",
           known={"status": STATUSES}),
    _counter("infusion_charge_set_revisions_total", "Charge sets sent, by status; a second revision counts again.",
             "status", known={"status": STATUSES}),
    _counter("infusion_charge_lines_total", "Lines charged and credited.", "change",
             known={"change": ("charge", "credit")}),
    _gauge("infusion_held_encounters", "Stays whose newest charge set is held.", "payer", most=PAYERS),
    _gauge("infusion_held_cents", "Expected payment of the lines of held sets, each set once.", "payer", most=PAYERS),
    _gauge("infusion_held_oldest_seconds", "Since the departure (without one: the closing) of the longest held stay.",
           "payer", most=PAYERS),
    _gauge("infusion_bill_hold_remaining_seconds",
           "Until the first bill hold of a held stay ends, by the policy's bill_hold_days from the departure (without one: "
           "the closing); negative when it has ended, absent where nothing is held.", "payer", most=PAYERS),
    _gauge("infusion_bill_hold_past_encounters", "Held stays whose bill hold has ended: the claim went out without them.",
           "payer", most=PAYERS),
    _gauge("infusion_review_open", "Stays with this flag waiting for a person; block holds the set.",
           "flag", "severity", known={"flag": _FLAGS, "severity": SEVERITIES}),
    _gauge("infusion_review_oldest_seconds",
           "Since the departure (without one: the closing) of the longest held stay with this flag.",
           "flag", known={"flag": _FLAGS}),
    _gauge("infusion_review_held_cents",
           "Expected payment of the lines of held sets with this flag; a set with two flags is in both.",
           "flag", known={"flag": _FLAGS}),
    _gauge("infusion_nudges_open", "Questions asked while the patient is there that nobody answered yet; absent unless "
           "INFUSION_NUDGES asks for them.", "kind", known={"kind": NUDGE_KINDS}),
    _counter("infusion_nudges_total",
             "Questions asked, answered, and coded: the stay was coded before an answer came. A restart asks again.",
             "kind", "outcome", known={"kind": NUDGE_KINDS, "outcome": ("asked", "answered", "coded")}),
    Metric("infusion_nudge_answered_seconds", "histogram", "From a question to its answer.", ("kind",),
           known={"kind": NUDGE_KINDS}, buckets=WAITING),
)  # fmt: skip

WATCH: Final = (
    *_lag("infusion_group_", "the group", "watch"),
    Metric(
        "infusion_group_deleted_unread_records", "gauge",
        "Records retention deleted before the group read them: first one there less committed position.", _PLACE,
        process="watch",
    ),
    Metric(
        "infusion_group_truncated_records", "gauge",
        "Records the group had read, or its workers had written, that are gone from the end of a log: it was cut short.",
        _PLACE, process="watch",
    ),
    _gauge("infusion_group_log_fault",
           "1 for what is wrong with a topic the workers read or keep states in, 0 for the others: workers have stopped.",
           "topic", "fault", process="watch"),
    _gauge("infusion_group_members", "Members of the group of workers; 0 when none lives.", process="watch"),
    _counter("infusion_group_rejects_total",
             "Records refused since this process began, by the topic they came on and the kind of reason, read from the "
             "rejects topic.", "topic", "reason", known={**_READ, "reason": REJECT_REASONS}, process="watch"),
    _counter("infusion_group_rejects_stored_total",
             "Records ever put on the rejects topic: where it ends. It goes on where it was after a restart.", "partition",
             process="watch"),
    _gauge("infusion_group_silence_seconds", "Since the broker that answers for the group last told its positions.",
           process="watch"),
)  # fmt: skip

_DESTINATION: Final = "destination"

DELIVERY: Final = (
    _counter("infusion_deliveries_total", "Charges and credits by what the billing system made of them.",
             _DESTINATION, "outcome", process="deliver"),
    _counter("infusion_delivery_attempts_total", "Messages sent, by what was answered; unreachable is no answer.",
             _DESTINATION, "answer", process="deliver"),
    Metric("infusion_delivery_seconds", "histogram", "From a message to its acknowledgement.", (_DESTINATION,),
           buckets=WRITING, process="deliver"),
    _gauge("infusion_undelivered_lines", "Charges and credits the billing system has not taken yet, parked ones apart.",
           _DESTINATION, process="deliver"),
    _gauge("infusion_oldest_undelivered_seconds", "Age of the oldest of them, since it was charged; 0 when there is none.",
           _DESTINATION, process="deliver"),
    _gauge("infusion_parked_encounters", "Stays with a charge or credit the billing system refused; what comes later waits.",
           _DESTINATION, process="deliver"),
    _gauge("infusion_destination_silence_seconds", "Since the billing system stopped answering; 0 while it answers.",
           _DESTINATION, process="deliver"),
)  # fmt: skip

_BECAME: Final = ("events", "partly", "ignored", "refused")

RAW: Final = (
    _counter("infusion_raw_messages_total", "Messages read from a raw topic, by what became of them.", "topic", "status",
             known={"topic": topics.RAW, "status": _BECAME}),
    _counter("infusion_raw_events_total", "Events that were made of messages.", "topic", known={"topic": topics.RAW}),
    _counter("infusion_raw_ignored_total", "Messages of a kind that is used for nothing, by kind.", "kind", most=KINDS_TOLD),
)  # fmt: skip

_DOORS: Final = {"door": ("mllp", "http")}

LISTEN: Final = (
    _gauge("infusion_listen_open", "MLLP connections that are open.", process="listen"),
    _counter("infusion_listen_messages_total", "Messages that came whole, by sender: application and facility.",
             "sender", most=SENDERS, process="listen"),
    _counter("infusion_listen_received_bytes_total", "Bytes of those messages.", "door", known=_DOORS, process="listen"),
    _counter("infusion_listen_answers_total",
             "Answers: AA and 202 once Kafka has it, AE and 503 to be sent again, AR and 400 unreadable and kept.",
             "sender", "code", most=SENDERS, process="listen"),
    Metric("infusion_listen_answer_seconds", "histogram", "From a whole message to its answer.", buckets=WRITING,
           process="listen"),
    _counter("infusion_listen_noise_bytes_total", "Bytes outside a frame: a sender that is not set to MLLP.",
             process="listen"),
    _counter("infusion_listen_broken_frames_total", "Frames without an end, and messages that were too large.",
             "reason", known={"reason": ("no_end", "too_large")}, process="listen"),
    _counter("infusion_listen_turned_away_total", "Connections and requests that were not let in.", "reason",
             known={"reason": ("not_allowed", "not_authenticated", "full")}, process="listen"),
    _gauge("infusion_listen_silence_seconds", "Since the last message of a sender.", "sender", most=SENDERS,
           process="listen"),
)  # fmt: skip

METRICS: Final = (*ANY, *FLOW, *STAYS, *FEEDS, *RAW, *MONEY, *WATCH, *LISTEN, *DELIVERY, *CONSOLE)
"""Every metric, in the order of the page."""

BY_NAME: Final = {metric.name: metric for metric in METRICS}
