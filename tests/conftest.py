"""
Golden cases become test items: pytest prints the sentence, and a failure says what was wanted and what was coded.

Nothing of ours is imported before a case is read, so that a broken package fails as tests do. What concerns a
broker is in ``tests/support/kafka_broker/broker_fixtures.py``.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from broker_fixtures import (
    kafka,
    kafka_pool,
    mark_brokers,
    own_kafka,
    pytest_terminal_summary,
    unique,
)
from hypothesis import settings
from suite_order import longest_first

__all__ = [
    "kafka",
    "kafka_pool",
    "own_kafka",
    "pytest_terminal_summary",
    "unique",
]
"""Fixtures and hooks: pytest finds them by name in this module."""

CASES = Path(__file__).parent / "cases"

# Every law draws the same stays each run, also one that says nothing of it; --hypothesis-profile=default draws others.
settings.register_profile("house", derandomize=True, deadline=None)
settings.load_profile("house")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what asks for a broker; several processes take what waits longest first, one keeps to the folders."""
    mark_brokers(items)
    if hasattr(config, "workerinput"):
        longest_first(items)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "CaseFile | None":
    """Take every YAML file under ``tests/cases``."""
    if file_path.suffix == ".yaml" and file_path.is_relative_to(CASES):
        return CaseFile.from_parent(parent, path=file_path)
    return None


class CaseFile(pytest.File):
    """One file of golden cases."""

    def collect(self) -> Iterable["CaseItem"]:
        """Yield one item a case, named by its sentence."""
        from timeline import cases_in  # noqa: PLC0415 only when a case is run

        for case in cases_in(self.path):
            yield CaseItem.from_parent(self, name=case["case"], case=case)


class CaseItem(pytest.Item):
    """One golden case: its timeline coded, and held against what a coder would put down."""

    def __init__(self, *, case: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case

    def runtest(self) -> None:
        """
        Code the timeline.

        Raises:
            CaseDiffersError: something the case states came out differently.
        """
        from golden import check  # noqa: PLC0415 only when a case is run

        check(self.case)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what was wanted and what was coded, in a coder's words; a traceback only for a crash."""
        from golden import CaseDiffersError  # noqa: PLC0415 only when a case has failed
        from timeline import TimelineError  # noqa: PLC0415 only when a case has failed

        if isinstance(excinfo.value, (CaseDiffersError, TimelineError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the file and the sentence."""
        return self.path, None, self.name
