"""Progress on stderr while charge sets go to stdout: one line a reject, a bar on a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import click

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class ProgressDisplay(Protocol):
    """Where words and progress go."""

    def say(self, text: str) -> None:
        """Show one line."""

    def stage(self, name: str, total: int | None) -> None:
        """Begin a stage of ``total`` steps, None when nobody knows how many."""

    def passed(self, steps: int) -> None:
        """Count steps of the stage as done."""


class PlainProgress:
    """Lines on stderr and nothing else."""

    def say(self, text: str) -> None:
        """Show one line."""
        click.echo(text, err=True)

    def stage(self, name: str, total: int | None) -> None:
        """Show nothing: stages are for a terminal."""

    def passed(self, steps: int) -> None:
        """Show nothing."""


class BarProgress:
    """Lines above a bar that is wiped at the end."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def say(self, text: str) -> None:
        """Show one line above the bar."""
        self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def stage(self, name: str, total: int | None) -> None:
        """Replace the bar by one of the next stage."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(name, total=total)

    def passed(self, steps: int) -> None:
        """Move the bar on."""
        if self._task is not None:
            self._progress.advance(self._task, steps)


@contextmanager
def progress_display(*, with_data: bool = True) -> Iterator[ProgressDisplay]:
    """
    Give a bar where stderr is a terminal and stdout is not the same one, plain lines everywhere else.

    Without data on stdout a bar disturbs nothing, whatever stdout is.
    """
    if not sys.stderr.isatty() or (with_data and sys.stdout.isatty()):
        yield PlainProgress()
        return
    from rich.console import Console  # noqa: PLC0415 -- only a terminal pays for loading it
    from rich.progress import Progress  # noqa: PLC0415 -- as above

    with Progress(console=Console(stderr=True), transient=True) as progress:
        yield BarProgress(progress)
