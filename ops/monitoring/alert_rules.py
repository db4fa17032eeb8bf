"""The alert rules of Prometheus, from thresholds. What to do when one fires stands in ops/README.md under its name."""

from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

from thresholds import DAY, HOUR, MINUTE, Thresholds

from streams.metrics.table import LOG_FAULTS

Severity = Literal["critical", "warning"]

_UNITS: Final = ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (1, "s"))


class Alert(NamedTuple):
    """One rule; ``lasting`` and ``settle`` are seconds before it fires, and for which it goes on afterwards."""

    name: str
    severity: Severity
    dashboard: str
    expr: str
    lasting: int
    summary: str
    says: str
    settle: int = 0

    def as_rule(self) -> dict[str, Any]:
        """Return it as Prometheus's rule file has it."""
        rule: dict[str, Any] = {"alert": self.name, "expr": self.expr, "for": span(self.lasting)}
        if self.settle:
            rule["keep_firing_for"] = span(self.settle)
        about = {"summary": self.summary, "description": self.says, "dashboard": self.dashboard}
        return rule | {"labels": {"severity": self.severity}, "annotations": about}


def span(seconds: int) -> str:
    """Return a length of time as PromQL writes it, in its largest whole unit."""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0 and (seconds or size == 1))
    return f"{seconds // size}{unit}"


def rule_file(limits: Thresholds) -> dict[str, Any]:
    """Return the content of the rule file."""
    groups = {"infusion-flow": _flow, "infusion-feeds": _feeds, "infusion-money": _money}
    return {
        "groups": [
            {"name": name, "rules": [alert.as_rule() for alert in alerts(limits)]}
            for name, alerts in groups.items()
        ]
    }


def _flow(limits: Thresholds) -> Iterator[Alert]:
    lasting = span(limits.no_progress)
    place = "{{ $labels.topic }}, partition {{ $labels.partition }}"
    yield Alert(
        "InfusionLag", "critical", "infusion-flow",
        f"max by (topic, partition) (infusion_group_lag_seconds) > {limits.lag}", limits.lag_for,
        f"Unread for {{{{ $value | humanizeDuration }}}}: {place}",
        "The oldest record nobody has finished is that old, by its own timestamp. Charges come as late.", limits.settle,
    )  # fmt: skip
    yield Alert(
        "InfusionNoProgress", "critical", "infusion-flow",
        f"min_over_time(infusion_group_lag_records[{lasting}]) > 0\n"
        f"and changes(infusion_group_position_offset[{lasting}]) == 0\n"
        f"and infusion_group_lag_seconds > {limits.no_progress}", 0,
        f"Behind, and standing still: {place}",
        "Records wait and the committed position does not move: a worker is stuck, or nobody has the partition.",
        limits.settle,
    )  # fmt: skip
    yield Alert(
        "InfusionNeverRead", "critical", "infusion-flow",
        'max by (topic, partition) (infusion_group_partition_state{state="never_read"}) == 1', limits.never_read_for,
        f"Records there, and no position: {place}",
        "No worker has ever read it, or the group's positions were deleted or have expired.",
    )  # fmt: skip
    yield Alert(
        "InfusionWorkersMissing", "critical", "infusion-flow",
        f"max(infusion_group_members) < {limits.workers}", limits.workers_for,
        "{{ $value }} workers in the group",
        f"There should be at least {limits.workers}. Nothing is coded while there is none.",
    )  # fmt: skip
    yield Alert(
        "InfusionWatchMissing", "critical", "infusion-flow",
        "absent(infusion_group_partition_state)", limits.watch_for,
        "Nobody watches the workers from outside",
        "infusion watch is gone, or Prometheus does not reach it: the other alerts of lag cannot fire.",
    )  # fmt: skip
    yield Alert(
        "InfusionNeverReady", "critical", "infusion-flow",
        f"max_over_time(infusion_ready[{span(limits.unready)}]) == 0", limits.unready,
        "{{ $labels.instance }} does not get ready",
        "Its /readyz says why; infusion_ready_state shows it on the dashboard.",
    )  # fmt: skip
    yield Alert(
        "InfusionOverdue", "warning", "infusion-flow",
        f"max(infusion_oldest_overdue_seconds) > {limits.overdue}", limits.lag_for,
        "A stay is overdue by {{ $value | humanizeDuration }}",
        "Its instant has passed and it is not coded, though its partition has a worker.",
    )  # fmt: skip
    yield Alert(
        "InfusionRetentionHeadroom", "critical", "infusion-flow",
        "min by (topic, partition) (infusion_group_retention_headroom_seconds and infusion_group_lag_records > 0)"
        f" < {limits.headroom}", limits.lag_for,
        f"Unread records are deleted in {{{{ $value | humanizeDuration }}}}: {place}",
        "Raise the topic's retention.ms now, then see why nobody reads.",
    )  # fmt: skip
    yield Alert(
        "InfusionInputLost", "critical", "infusion-flow",
        "sum by (topic) (infusion_group_deleted_unread_records) > 0\n"
        f"or sum by (topic) (increase(infusion_input_lost_records_total[{span(limits.within)}])) > 0", 0,
        "{{ $value }} records of {{ $labels.topic }} were deleted unread",
        "Retention took them before a worker had read them: their stays are coded without.", limits.settle,
    )  # fmt: skip
    yield Alert(
        "InfusionLogFault", "critical", "infusion-flow",
        "max by (topic, fault) (infusion_group_log_fault) == 1", 0,
        "{{ $labels.topic }} is not what it was: {{ $labels.fault }}",
        "Records are gone from its end, it was made anew or deleted, or it has other partitions. Workers stop at once and "
        "decide nothing more; /readyz of infusion watch says which partition, which offsets, and what to do.",
    )  # fmt: skip
    yield Alert(
        "InfusionRefusesToStart", "critical", "infusion-flow",
        "max by (instance, state) (max_over_time(infusion_ready_state"
        f'{{state=~"{"|".join(LOG_FAULTS)}"}}[{span(limits.refused_within)}])) == 1', 0,
        "{{ $labels.instance }} does not work on these topics: {{ $labels.state }}",
        "Its data folder is of another Kafka or of topics that are gone; its /readyz and its log say which.",
    )  # fmt: skip
    yield Alert(
        "InfusionConsoleBehind", "warning", "infusion-flow",
        f"max by (instance) (infusion_console_read_model_lag_seconds) > {limits.console_behind}", limits.lag_for,
        "{{ $labels.instance }} shows what was {{ $value | humanizeDuration }} ago",
        "The console does not read as fast as there is something to read: its pages are old, the queue included.", limits.settle,
    )  # fmt: skip
    yield Alert(
        "InfusionConsoleSlow", "warning", "infusion-flow",
        "histogram_quantile(0.99, sum by (le, page) (rate(infusion_console_page_seconds_bucket"
        f"[{span(limits.within)}]))) > {limits.page_seconds:g}", limits.lag_for,
        "The page {{ $labels.page }} takes {{ $value | humanizeDuration }}",
        "One of a hundred takes longer than that.", limits.settle,
    )  # fmt: skip
    yield Alert(
        "InfusionRecordsSkipped", "critical", "infusion-flow",
        "sum by (topic) (infusion_skipped_records_total) > 0", 0,
        "{{ $value }} damaged records of {{ $labels.topic }} were moved past",
        "As INFUSION_SKIP_RECORDS says. Their stays are coded without them until the events come again.",
    )  # fmt: skip


def _feeds(limits: Thresholds) -> Iterator[Alert]:
    silent = [(f'source="{source}"', silence) for source, silence in sorted(limits.silence.items())]
    silent.append((f'source!~"{"|".join(sorted(limits.silence))}"', limits.silence_of_others))
    yield Alert(
        "InfusionSourceSilent", "warning", "infusion-feeds",
        "\nor ".join(
            f"min by (source) (infusion_source_silence_seconds{{{matcher}}}) > {silence}\n"
            # A worker hears its own partitions alone, so what one has never heard counts only where none has.
            f"or (max by (source) (infusion_source_unheard_seconds{{{matcher}}})"
            f" unless on (source) infusion_source_silence_seconds) > {silence}"
            for matcher, silence in silent
        ), MINUTE,
        "No event of {{ $labels.source }} for {{ $value | humanizeDuration }}",
        "What it charts does not reach the stream; stays without it are coded short, or held. One that was never heard "
        "counts from the start of the workers.",
    )  # fmt: skip
    window = span(limits.within)
    yield Alert(
        "InfusionRejects", "warning", "infusion-feeds",
        # Each watch counts all there are; one that is started anew has missed what came meanwhile, and the topic has not.
        f"max by (topic, reason) (increase(infusion_group_rejects_total[{window}])) > {limits.rejects}\n"
        f"or (sum(max by (partition) (increase(infusion_group_rejects_stored_total[{window}] offset 1m))) > {limits.rejects}\n"
        f"  unless on () sum(increase(infusion_group_rejects_total[{span(limits.within + 2 * MINUTE)}])) > 0)", 0,
        "Refused{{ with $labels.topic }} on {{ . }}{{ end }}{{ with $labels.reason }}: {{ . }}{{ end }}",
        "Records could not be used; stays they belong to are held. infusion rejects lists them with what to do.",
    )  # fmt: skip
    yield Alert(
        "InfusionRejectsFlood", "critical", "infusion-feeds",
        f"sum(max by (partition) (increase(infusion_group_rejects_stored_total[{window}])))\n"
        f"/ sum(max by (topic, partition) (delta(infusion_group_position_offset[{window}])))"
        f" > {limits.rejected_share:g}", limits.lag_for,
        "{{ $value | humanizePercentage }} of what is read is refused",
        "That many are a feed that changed, not a slip.",
    )  # fmt: skip


def _money(limits: Thresholds) -> Iterator[Alert]:
    yield Alert(
        "InfusionMoneyHeld", "warning", "infusion-money",
        f"sum(infusion_held_cents) / 100 > {limits.held_dollars}", limits.held_for,
        "{{ $value | humanize }} USD are held",
        "Expected payment of sets that wait for a person. infusion review lists them.",
    )  # fmt: skip
    yield Alert(
        "InfusionReviewLate", "warning", "infusion-money",
        f"min by (payer) (infusion_bill_hold_remaining_seconds) < {limits.bill_hold_left}", limits.review_for,
        "{{ $value | humanizeDuration }} left of the bill hold of a held stay of {{ $labels.payer }}",
        "When it ends the claim goes out without these charges; below zero it has. The policy's bill_hold_days says how long it is.",
    )  # fmt: skip
    yield Alert(
        "InfusionAnswersUnsent", "critical", "infusion-money",
        f'sum(increase(infusion_console_deeds_total{{result="unsent"}}[{span(limits.within)}])) > 0', 0,
        "{{ $value | humanize }} answers of people were not taken by Kafka",
        "Whoever gave them was told, and has what was typed; nothing is answered until they send it again.",
    )  # fmt: skip
    yield Alert(
        "InfusionDeliveryLate", "critical", "infusion-money",
        f"max by (destination) (infusion_oldest_undelivered_seconds) > {limits.undelivered}", limits.lag_for,
        "{{ $labels.destination }} has not taken a charge of {{ $value | humanizeDuration }} ago",
        "The billing system is away, does not answer, or puts charges off. They wait in Kafka for 90 days.", limits.settle,
    )  # fmt: skip
    yield Alert(
        "InfusionDeliveryRefused", "warning", "infusion-money",
        "sum by (destination) (infusion_parked_encounters) > 0", MINUTE,
        "{{ $labels.destination }} refused charges of {{ $value }} stays",
        "Their later charges and credits wait with them; other stays go on. infusion deliver --parked lists them.",
    )  # fmt: skip
