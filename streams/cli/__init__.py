"""
``infusion``: one command, a verb a module.

A verb is the module of its name in this package, with a click command called ``command``. A verb is imported when
it is run, so that coding a file loads neither Kafka and Faust nor the terminal's pictures.

Exit status: 0 all coded; 1 something held or rejected; 2 wrong usage, unreadable input or a fault of ours;
130 interrupted; 141 the reader of our output went away.
"""

import atexit
import gc
import os
import signal
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from io import StringIO
from typing import Any, Final, NoReturn

import click

from models.printable import printable, printable_lines
from rules.site_folder import SiteFolderError
from streams.batch.error_place import fault
from streams.batch.garbage_collection import loading

VERBS: Final = (
    *("code", "convert", "explain", "export", "rules", "check", "generate", "refresh", "rates"),
    *("schema", "worker", "listen", "deliver", "console", "watch", "demo", "topics", "status"),
    *("publish", "charges", "review", "resolve", "rejects", "recode", "reconcile", "diff", "deidentify"),
)
"""The modules of this package that are verbs, in the order ``--help`` lists them."""

USAGE: Final = 2
INTERRUPTED: Final = 130
READER_GONE: Final = 141
"""What a shell reports for a program ended by SIGINT and by SIGPIPE."""


class Verbs(click.Group):
    """Finds verbs by name, and turns whatever goes wrong in one into a line and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """Return the verbs this release has."""
        return [verb for verb in VERBS if find_spec(f"{__name__}.{verb}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb's command, imported now; None for an unknown verb."""
        if cmd_name not in self.list_commands(ctx):
            return None
        with loading():
            command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb that is meant; an unknown one is refused with the nearest there is."""
        verbs = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in verbs:
            near = get_close_matches(args[0].lower(), verbs, 2, 0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else "infusion --help lists the verbs"
            ctx.fail(f"there is no verb {args[0][:40]!a}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each verb does, its first sentence whole."""
        with formatter.section("Verbs"):
            commands = [(verb, self.get_command(ctx, verb)) for verb in self.list_commands(ctx)]
            formatter.write_dl(
                [
                    (verb, command.get_short_help_str(limit=400))
                    for verb, command in commands
                    if command is not None
                ]
            )

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run a verb and end the process with its exit status; a verb returns it, or None for 0."""
        # At its end Python looks for cycles in all there is; what is frozen it leaves to the system, half a second sooner.
        atexit.unregister(gc.freeze)
        atexit.register(gc.freeze)
        try:
            status = super().main(*args, **extra | {"standalone_mode": False})
        except click.ClickException as error:
            _show(error)
            status = USAGE
        except click.Abort:
            status = INTERRUPTED
        sys.exit(status if isinstance(status, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; no input and no machine may end it in a traceback."""
        try:
            status = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # Python flushes stdout once more on its way out; it must not find the closed pipe again.
            _to_nowhere(sys.stdout.fileno())
            return READER_GONE
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # pressed again while we leave: we are leaving
            return INTERRUPTED
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except SiteFolderError as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            where = f"{click.format_filename(error.filename)}: " if error.filename else ""
            message = f"{where}{error.strerror or type(error).__name__}; nothing after this was coded"
            raise click.ClickException(message) from None
        except Exception as error:
            if _process_ended(error):
                message = (
                    "a coding process ended before its work; free some memory and run again with --jobs 1"
                )
                raise click.ClickException(message) from None
            if sys.flags.dev_mode:
                raise
            message = f"a fault of ours, not of the input: {fault(error)}. Report it; python -X dev shows the traceback"
            raise click.ClickException(message) from None
        return status


SETTINGS: Final = frozenset(
    f"INFUSION_{name}"
    for name in (
        "CACHED_STAYS", "CONSOLE_BIND", "CONSOLE_DASHBOARDS", "CONSOLE_DATA_DIR", "CONSOLE_HOSTS", "CONSOLE_INCUMBENT_DIR", "CONSOLE_PROXIES", "CONSOLE_PROXY_HEADER",
        "CONSOLE_ROLES_HEADER", "CONSOLE_TOKENS", "CONSOLE_TOKENS_FILE", "DATA_DIR", "DEIDENTIFY_KEY", "DEIDENTIFY_KEY_FILE", "DELIVER_CAFILE",
        "DELIVER_CERTFILE", "DELIVER_KEYFILE", "DELIVER_NAME", "DELIVER_TO", "DELIVER_TOKEN_FILE", "EXPECTED_SOURCES", "GRACE_MINUTES",
        "HORIZON_DAYS", "INACTIVE_HOURS", "LISTEN_ACK_MODE", "LISTEN_ACK_SECONDS", "LISTEN_ALLOW", "LISTEN_BUFFER_BYTES", "LISTEN_CONNECTIONS",
        "LISTEN_FACILITY", "LISTEN_HTTP", "LISTEN_IDLE_SECONDS", "LISTEN_MAX_MESSAGE_BYTES", "LISTEN_MLLP", "LISTEN_PROXIES", "LISTEN_PROXY_HEADER",
        "LISTEN_TLS_CERT", "LISTEN_TLS_CLIENT_CA", "LISTEN_TLS_KEY", "LISTEN_TOKEN", "LISTEN_TOKEN_FILE", "LOOK_EVERY_SECONDS", "METRICS_BIND",
        "NUDGES", "NUDGES_QUIET", "NUDGES_WEBHOOK_CAFILE", "NUDGES_WEBHOOK_TOKEN", "NUDGES_WEBHOOK_TOKEN_FILE", "OVERDUE_DAYS", "PATIENT_KEY", "PATIENT_KEY_FILE", "PAYER", "POLICY", "QUIET_SECONDS", "REQUIRE_CHROMIUM",
        "SESSION_TIMEOUT_SECONDS", "SET", "SETTING", "SITE_DIR", "SITE_FILE", "SKIP_RECORDS", "STORE", "WEB_PORT", "WORKER_ID",
        # Read by the tests and by make alone.
        "FUZZ_SECONDS", "HYPOTHESIS_EXAMPLES", "HYPOTHESIS_SEED", "KAFKA_CACHE", "REQUIRE_KAFKA", "REQUIRE_PROMETHEUS", "SHARED",
    )
)  # fmt: skip
"""Every variable of ours that something reads; a test compares it with what the code asks for."""


def unknown_settings(names: Iterable[str]) -> list[str]:
    """Return a sentence for each variable that looks like ours and that nothing reads: a slip would go unnoticed."""
    sentences = []
    for name in sorted(name for name in names if name.startswith("INFUSION_") and name not in SETTINGS):
        near = get_close_matches(name, SETTINGS, 1, 0.8)
        hint = f"; did you mean {near[0]}?" if near else ""
        sentences.append(f"{name[:60]} is set, and nothing reads it{hint}")
    return sentences


def _show(error: click.ClickException) -> None:
    """Write an error on stderr, names of files and switches in it made safe to show."""
    written = StringIO()
    error.show(written)
    click.echo(printable_lines(written.getvalue()), err=True, nl=False)


def _process_ended(error: Exception) -> bool:
    """Tell whether a process of a pool was ended; where no pool was loaded, none was."""
    pools: Any = sys.modules.get("concurrent.futures.process")
    return pools is not None and isinstance(error, pools.BrokenProcessPool)


def _to_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _version() -> str:
    try:
        return version("infusion-charges")
    except PackageNotFoundError:  # run from a checkout
        return "unknown"


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), prog_name="infusion")
def main() -> None:
    """Turn infusion and injection events into charge lines that can be defended."""
    for sentence in unknown_settings(os.environ):
        click.echo(printable(sentence), err=True)
