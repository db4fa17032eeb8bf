"""The three dashboards: money for revenue integrity, flow for operations, feeds for whoever runs the interfaces."""

from collections.abc import Sequence
from typing import Any, Final

from panels import Panel, Query, laid_out
from thresholds import Thresholds

GREEN, YELLOW, RED = "green", "yellow", "red"
_ABOVE_ZERO: Final = ((None, GREEN), (1, RED))
_TITLES: Final = {
    "infusion-money": "Infusion charges: money",
    "infusion-flow": "Infusion charges: flow",
    "infusion-feeds": "Infusion charges: feeds",
}

_PAGES: Final = {
    "infusion-money": ("/queue", "/reconciliation", "/nudges"),
    "infusion-flow": ("/health",),
    "infusion-feeds": ("/feeds", "/rejects"),
}
"""Pages of the console that show the same, row by row."""

_ACTIONS: Final = {
    "infusion-money": (
        "**What to do.** Held sets are charged by nobody until a person has looked: `infusion review` lists them, "
        "oldest and dearest first. `infusion explain --encounter ID` shows one stay. Past the bill hold the claim goes "
        "out without them. Charges a billing system refused: `infusion deliver --parked` lists them."
    ),
    "infusion-flow": (
        "**What to do.** `infusion status` says on one screen what is wrong. Lag in seconds is the age of the oldest "
        "record nobody has finished. A worker that does not get ready says why at `/readyz`; it may be ended and started "
        "again at any time. What each alert asks for is in ops/README.md."
    ),
    "infusion-feeds": (
        "**What to do.** `infusion rejects` lists what was refused, with the field and what to do; `--replay` sends it "
        "back after the fix. A silent source: ask the interface engine first. Duplicates do no harm; many of them mean "
        "a feed that sends again what was taken."
    ),
}


def dashboards(limits: Thresholds) -> dict[str, dict[str, Any]]:
    """Return the dashboards by uid."""
    rows = {
        "infusion-money": _money(limits),
        "infusion-flow": _flow(limits),
        "infusion-feeds": _feeds(limits),
    }
    return {uid: _dashboard(uid, rows[uid], limits.console) for uid in _TITLES}


def _dashboard(uid: str, rows: Sequence[Sequence[Panel]], console: str) -> dict[str, Any]:
    others = [
        {"title": title, "type": "link", "url": f"/d/{other}", "keepTime": True, "includeVars": True}
        for other, title in _TITLES.items()
        if other != uid
    ]
    pages = [
        {
            "title": f"Console: {path.strip('/')}",
            "type": "link",
            "url": f"{console}{path}",
            "targetBlank": True,
        }
        for path in _PAGES[uid]
        if console
    ]
    variable = {
        "name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "refresh": 1,
        "hide": 0, "includeAll": False, "multi": False, "regex": "", "options": [], "current": {},
    }  # fmt: skip
    action = Panel("text", "", width=24, height=3, text=_ACTIONS[uid])
    return {
        "uid": uid,
        "title": _TITLES[uid],
        "tags": ["infusion"],
        "schemaVersion": 39,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-24h" if uid == "infusion-money" else "now-3h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [variable]},
        "annotations": {"list": []},
        "links": [*others, *pages],
        "panels": laid_out([*rows, [action]]),
    }


def _page(limits: Thresholds, path: str) -> str:
    """Return the address of a page of the console, empty where nobody says where it is."""
    return limits.console and f"{limits.console}{path}"


def _stat(
    title: str, expr: str, unit: str = "short", steps: Sequence[tuple[float | None, str]] = (), width: int = 4
) -> Panel:
    return Panel("stat", title, [Query(expr)], unit, width=width, height=4, steps=steps)


def _lines(title: str, *queries: Query, unit: str = "short", width: int = 12, stacked: bool = False) -> Panel:
    return Panel("timeseries", title, queries, unit, width=width, stacked=stacked)


def _quantiles(name: str, by: str = "") -> list[Query]:
    """Return the median and the ninetieth percentile of an hour; by a label, the ninetieth of each of its values."""
    labels = f"le, {by}" if by else "le"
    shares = ((0.9, f"{{{{{by}}}}}"),) if by else ((0.5, "half within"), (0.9, "nine in ten within"))
    return [
        Query(f"histogram_quantile({share}, sum by ({labels}) (rate({name}_bucket[1h])))", legend)
        for share, legend in shares
    ]


def _money(limits: Thresholds) -> list[list[Panel]]:
    left = ((None, RED), (0, YELLOW), (limits.bill_hold_left, GREEN))
    return [
        [
            _stat("Held", "sum(infusion_held_cents) / 100", "currencyUSD", ((None, GREEN), (limits.held_dollars, RED))),
            _stat("Held stays", "sum(infusion_held_encounters)"),
            _stat("Next bill hold ends in", "min(infusion_bill_hold_remaining_seconds)", "s", left),
            _stat("Final", 'sum(infusion_charge_sets{status="final"})'),
            _stat("Previews", 'sum(infusion_charge_sets{status="preview"})'),
            _stat("Still counting", "sum(infusion_uncounted_partitions)", "short", ((None, GREEN), (1, YELLOW))),
        ],
        [
            Panel(
                "bargauge", "Money held by flag",
                [Query("topk(12, sum by (flag) (infusion_review_held_cents) / 100 > 0)", "{{flag}}")], "currencyUSD", width=8, height=9,
                page=_page(limits, "/queue?flag=${__field.labels.flag}"),
            ),
            Panel(
                "bargauge", "Oldest held by flag, since departure",
                [Query("topk(12, max by (flag) (infusion_review_oldest_seconds) > 0)", "{{flag}}")], "s", width=8, height=9,
            ),
            Panel(
                "bargauge", "Stays that wait for a person, by flag",
                [Query("topk(12, sum by (flag, severity) (infusion_review_open) > 0)", "{{flag}} ({{severity}})")], width=8, height=9,
                page=_page(limits, "/queue?flag=${__field.labels.flag}&severity=all"),
            ),
        ],
        [
            _lines("Money at stake in the console's queue", Query("max(infusion_console_at_stake_cents) / 100", "at stake"), unit="currencyUSD", width=6)._replace(page=_page(limits, "/queue")),
            _lines("Stays in the queue", Query("max(infusion_console_waiting_encounters)", "held by a question"), Query("max(infusion_console_holds_ending_encounters)", "bill hold ends within a day"), Query("max(infusion_console_holds_ended_encounters)", "bill hold ended"), Query("max(infusion_console_claimed_encounters)", "claimed"), width=6)._replace(page=_page(limits, "/queue?order=hold")),
            _lines("Answered in the console an hour, by flag", Query("sum by (flag) (increase(infusion_console_answers_total[1h])) > 0", "{{flag}}"), width=6, stacked=True)._replace(page=_page(limits, "/audit")),
            _lines("What became of what people sent, an hour", Query("sum by (deed, result) (increase(infusion_console_deeds_total[1h])) > 0", "{{deed}} {{result}}"), width=6),
        ],
        [
            _lines("Money held by payer", Query("sum by (payer) (infusion_held_cents) / 100", "{{payer}}"), unit="currencyUSD", width=8, stacked=True),
            _lines("Longest held by payer, since departure", Query("max by (payer) (infusion_held_oldest_seconds)", "{{payer}}"), unit="s", width=8),
            _lines("Past their bill hold, by payer", Query("sum by (payer) (infusion_bill_hold_past_encounters) > 0", "{{payer}}"), width=8, stacked=True),
        ],
        [
            _lines("From the departure to a charge", *_quantiles("infusion_departure_to_charge_seconds"), unit="s"),
            _lines("From the bedside to a charge", *_quantiles("infusion_bedside_to_charge_seconds"), unit="s"),
        ],
        [
            _lines("Questions open while the patient is there", Query("sum by (kind) (infusion_nudges_open)", "{{kind}}"), width=8, stacked=True)._replace(page=_page(limits, "/nudges?kind=${__field.labels.kind}")),
            _lines("Nine in ten answered within", *_quantiles("infusion_nudge_answered_seconds", "kind"), unit="s", width=8)._replace(page=_page(limits, "/nudges?state=answered")),
            _lines("Asked, answered, coded without an answer, an hour", Query("sum by (outcome) (increase(infusion_nudges_total[1h]))", "{{outcome}}"), width=8),
        ],
        [
            _lines("Waiting for the billing system", Query("sum by (destination) (infusion_undelivered_lines)", "{{destination}}"), Query("sum by (destination) (infusion_parked_encounters)", "{{destination}}: stays parked"), width=8),
            _lines("Oldest charge it has not taken", Query("max by (destination) (infusion_oldest_undelivered_seconds)", "{{destination}}"), unit="s", width=8),
            _lines("Delivered and refused an hour", Query("sum by (destination, outcome) (increase(infusion_deliveries_total[1h]))", "{{destination}} {{outcome}}"), width=8),
        ],
        [
            _lines("Lines an hour", Query("sum by (change) (increase(infusion_charge_lines_total[1h]))", "{{change}}")),
            _lines("Charge sets sent an hour", Query("sum by (status) (increase(infusion_charge_set_revisions_total[1h]))", "{{status}}"), stacked=True),
        ],
    ]  # fmt: skip


def _flow(limits: Thresholds) -> list[list[Panel]]:
    late = ((None, GREEN), (60, YELLOW), (limits.lag, RED))
    worst = "max by (topic) (infusion_group_lag_seconds)"
    return [
        [
            _stat("Lag", "max(infusion_group_lag_seconds)", "s", late),
            _stat("Unread", "sum(infusion_group_lag_records)"),
            _stat("Workers", "max(infusion_group_members)", "short", ((None, RED), (limits.workers, GREEN))),
            _stat("Not ready", "count(infusion_ready == 0) or vector(0)", "short", _ABOVE_ZERO),
            _stat("Never read", 'sum(infusion_group_partition_state{state="never_read"})', "short", _ABOVE_ZERO),
            _stat(
                "Deleted unread or cut off",
                "sum(infusion_group_deleted_unread_records) + (sum(infusion_group_truncated_records) or vector(0))",
                "short",
                _ABOVE_ZERO,
            ),
        ],
        [
            _lines("Lag by topic, from outside", Query(worst, "{{topic}}"), unit="s"),
            _lines("Unread records by topic, from outside", Query("sum by (topic) (infusion_group_lag_records)", "{{topic}}")),
        ],
        [
            _lines("Lag as each worker sees it", Query("max by (instance) (infusion_lag_seconds)", "{{instance}}"), unit="s", width=8),
            _lines("Records read a second", Query("sum by (topic) (rate(infusion_records_read_total[5m]))", "{{topic}}"), unit="cps", width=8),
            _lines("Lag grows by so many records a second", Query("sum by (topic) (deriv(infusion_group_lag_records[5m]))", "{{topic}}"), unit="cps", width=8)._replace(kind="timeseries"),
        ],
        [
            _lines("Until unread records are deleted", Query("min by (topic) (infusion_group_retention_headroom_seconds)", "{{topic}}"), unit="s", width=8),
            _lines("What each process says of itself", Query("infusion_ready_state == 1", "{{instance}} {{state}}"), width=8),
            _lines("Silence of Kafka", Query("infusion_broker_silence_seconds", "{{instance}}"), Query("infusion_coordinator_silence_seconds", "{{instance}} group"), unit="s", width=8),
        ],
        [
            _lines("Stays", Query("sum(infusion_open_encounters)", "open"), Query("sum(infusion_departed_encounters)", "departed, not final"), Query("sum(infusion_overdue_encounters)", "overdue"), width=8),
            _lines("Overdue by", Query("max(infusion_oldest_overdue_seconds)", "the longest"), unit="s", width=8),
            _lines("Next stay is due in", Query("min(infusion_next_due_timestamp_seconds > 0) - time()", "the next"), unit="s", width=8),
        ],
        [
            _lines("A checkpoint takes", *_quantiles("infusion_checkpoint_seconds"), unit="s", width=8),
            _lines("The last recovery took", Query("infusion_recovery_seconds", "{{instance}}"), unit="s", width=8),
            _lines("Memory of the index of deadlines", Query("infusion_index_bytes", "{{instance}}"), unit="bytes", width=8),
        ],
        [
            _lines("The console is behind by", Query("max(infusion_console_read_model_lag_seconds)", "its oldest unread record"), unit="s", width=6)._replace(page=_page(limits, "/health")),
            _lines("Ninety-nine of a hundred pages come within", Query("histogram_quantile(0.99, sum by (le, page) (rate(infusion_console_page_seconds_bucket[15m])))", "{{page}}"), unit="s", width=6),
            _lines("Pages a minute, and those that failed", Query("sum(rate(infusion_console_page_seconds_count[5m])) * 60", "pages"), Query("sum by (page) (rate(infusion_console_page_faults_total[5m])) * 60 > 0", "{{page}} failed"), width=6),
            _lines("The read model was filled in", Query("infusion_console_rebuild_seconds", "{{instance}}"), unit="s", width=6),
        ],
    ]  # fmt: skip


def _feeds(limits: Thresholds) -> list[list[Panel]]:
    shortest = min(limits.silence.values())
    quiet = ((None, GREEN), (shortest / 2, YELLOW), (shortest, RED))
    hour = "sum by (source) (increase({}[1h]))"
    return [
        [
            Panel("bargauge", "Silence of each source", [Query("min by (source) (infusion_source_silence_seconds)", "{{source}}"), Query("max by (source) (infusion_source_unheard_seconds) unless on (source) infusion_source_silence_seconds", "{{source}}, never heard")], "s", width=8, height=8, steps=quiet, page=_page(limits, "/feeds")),
            Panel("bargauge", "Rejects by what became of them", [Query("max by (state) (infusion_console_rejects_records)", "{{state}}")], width=8, height=8, page=_page(limits, "/rejects?state=${__field.labels.state}")),
            Panel("bargauge", "Refused in a day, by reason", [Query("sum by (reason) (max by (topic, reason) (increase(infusion_group_rejects_total[1d]))) > 0", "{{reason}}")], width=8, height=8, steps=_ABOVE_ZERO),
        ],
        [
            Panel("bargauge", "Silence of each sender at the front door", [Query("min by (sender) (infusion_listen_silence_seconds)", "{{sender}}")], "s", width=8, height=8, steps=quiet),
            _lines("Answers at the front door, a minute", Query("sum by (code) (rate(infusion_listen_answers_total[5m])) * 60", "{{code}}"), width=8, stacked=True),
            _lines("Raw messages converted, a minute", Query("sum by (status) (rate(infusion_raw_messages_total[5m])) * 60", "{{status}}"), width=8, stacked=True),
        ],
        [
            _lines("Events a minute", Query("sum by (source) (rate(infusion_events_total[5m])) * 60", "{{source}}"), stacked=True),
            _lines("Nine in ten are stored so soon after they happened", *_quantiles("infusion_chart_delay_seconds", "source"), unit="s"),
        ],
        [
            _lines("Known already, an hour", Query(hour.format("infusion_duplicates_total"), "{{source}}"), width=6),
            _lines("Late, an hour: their stay was coded", Query(hour.format("infusion_late_events_total"), "{{source}}"), width=6),
            _lines("Damaged records moved past", Query("sum by (topic) (infusion_skipped_records_total) > 0", "{{topic}}"), width=6),
            _lines("Refused, an hour", Query("max by (topic, reason) (increase(infusion_group_rejects_total[1h])) > 0", "{{topic}} {{reason}}"), width=6),
        ],
        [
            _lines("Infusions that run, and stops that are missing", Query("sum(infusion_open_infusions)", "running"), Query("sum(infusion_missing_stops)", "departed without a stop"), Query("sum(infusion_unlinked_infusions)", "of a pump linked to nobody")),
            _lines("The longest running infusion", Query("max(infusion_oldest_open_infusion_seconds)", "since its start"), unit="s"),
        ],
    ]  # fmt: skip
