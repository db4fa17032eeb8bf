"""The work of a batch, all of it or none."""

from collections.abc import Callable
from typing import Any

from streams.engine.batches import PartitionBatch


def work_off(app: Any, batch: PartitionBatch, work: Callable[[], None]) -> None:
    """Do the work of a batch; what goes wrong here stops the worker, uncommitted."""
    try:
        work()
    except Exception as error:  # noqa: BLE001 - Faust would count a batch that raised as done
        topic, partition = batch.tp
        app.fatal(error, f"records {batch.first} to {batch.next - 1} of {topic}, partition {partition}")
        return
    batch.finish()
    app.wake()
