"""Every client that reads is made in one place, or says for itself that it reads committed records alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKES_THEM = ROOT / "streams" / "fetching" / "client.py"
SHIPPED = ("models", "rules", "streams", "ops")
CLIENTS = {"AIOKafkaConsumer", "Consumer", "DeserializingConsumer"}


def made(source: str) -> Iterator[tuple[int, bool]]:
    """Yield the line of each consumer this source makes, and whether the source asks for committed records."""
    tree = ast.parse(source)
    committed = any(
        isinstance(node, ast.Constant) and node.value == "read_committed" for node in ast.walk(tree)
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in CLIENTS:
                yield node.lineno, committed


def test_no_consumer_is_made_elsewhere() -> None:
    """Whoever forgets reads what a transaction took back, and charges it. A script of its own says it itself."""
    forgotten = [
        f"{path.relative_to(ROOT)}:{line}"
        for folder in SHIPPED
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != MAKES_THEM
        for line, committed in made(path.read_text(encoding="utf-8"))
        if not (committed and folder == "ops")
    ]
    assert not forgotten, "make it with streams.fetching.client.reading_client"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from aiokafka import AIOKafkaConsumer\nAIOKafkaConsumer('t')", [(2, False)]),
        ("import aiokafka\nx = aiokafka.AIOKafkaConsumer()", [(2, False)]),
        (
            "from confluent_kafka import Consumer\nConsumer({'isolation.level': 'read_committed'})",
            [(2, True)],
        ),
        ("reading_client('t')", []),
    ],
)
def test_a_consumer_is_found_by_its_name(source: str, found: list[tuple[int, bool]]) -> None:
    """By either client's."""
    assert list(made(source)) == found
