"""Work done step by step comes to what it comes to alone, whatever becomes of the work beside it."""

from collections.abc import Generator

import pytest

from rules.steps import at_once
from streams.batch.in_step import in_step


def _work(name: str, steps: int, done: list[str]) -> Generator[None, None, str]:
    for step in range(steps):
        done.append(f"{name}{step}")
        yield
    if name == "bad":
        raise ValueError(name)
    return name


def test_all_take_a_step_before_any_takes_the_next() -> None:
    """Results come in the order of the work, and a fault is the result of the one that has it."""
    done: list[str] = []
    results = in_step([_work("a", 3, done), _work("bad", 1, done), _work("b", 2, done), _work("c", 0, done)])
    assert done == ["a0", "bad0", "b0", "a1", "b1", "a2"]
    assert [results[0], *results[2:]] == ["a", "b", "c"]
    assert isinstance(results[1], ValueError)


def test_alone_it_comes_to_the_same() -> None:
    """One piece of work has nobody to wait for; its fault is raised."""
    assert at_once(_work("a", 2, [])) == "a"
    with pytest.raises(ValueError, match="bad"):
        at_once(_work("bad", 2, []))
