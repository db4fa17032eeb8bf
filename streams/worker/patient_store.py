"""The patient store: directories of patients by partition, from the table of stays or from memory until they are written."""

from typing import Final

from streams.engine.app import CheckpointApp
from streams.engine.table import CheckpointTable
from streams.lifecycle.account_notice import directory_name
from streams.lifecycle.patient_directory import PatientDirectory, directory_from

_MAX_UNWRITTEN: Final = 2_000


class PatientStore:
    """Patients' directories by partition; those not written yet are in memory, since the table does not have them."""

    def __init__(self, app: CheckpointApp, table: CheckpointTable) -> None:
        self._app, self._table = app, table
        self._unwritten: dict[tuple[int, str], PatientDirectory] = {}
        self._drop_above = _MAX_UNWRITTEN
        app.when_revoked(self._unwritten.clear)

    def load(self, partition: int, name: str) -> PatientDirectory | None:
        """Return the directory kept under a name, or None."""
        unwritten = self._unwritten.get((partition, name))
        if unwritten is not None:
            return unwritten
        written = self._table.read(partition, name.encode())
        return None if written is None else directory_from(written)

    def keep(self, partition: int, directory: PatientDirectory) -> None:
        """Put a directory into the next checkpoint."""
        if len(self._unwritten) >= self._drop_above:
            self._drop_written()
        name = directory_name(directory.patient_key)
        self._unwritten[partition, name] = directory
        self._app.put(self._table, partition, name.encode(), directory)

    def _drop_written(self) -> None:
        for partition, name in list(self._unwritten):
            if not self._app.unwritten(self._table, partition, name.encode()):
                del self._unwritten[partition, name]
        self._drop_above = max(_MAX_UNWRITTEN, 2 * len(self._unwritten))
