"""Claims: who works on a stay's questions, for some minutes, so that two people do not answer one."""

from typing import Final

from streams.console.read_model import ReadModel

LEASE_S: Final = 15 * 60


def claim(model: ReadModel, encounter_id: str, name: str, now: float) -> str | None:
    """Claim a stay's questions for a person, or go on with a claim; return who has it where that is somebody else."""
    changed = model.write(
        "INSERT INTO claims VALUES (?1, ?2, ?3 + ?4) ON CONFLICT (encounter_id) DO UPDATE SET name = ?2, until = ?3 + ?4"
        " WHERE name = ?2 OR until <= ?3",
        [(encounter_id, name, int(now), LEASE_S)],
    )
    return None if changed else holder(model, encounter_id, now)


def release(model: ReadModel, encounter_id: str, name: str) -> None:
    """Give a claim back; nothing happens where somebody else has it."""
    model.write("DELETE FROM claims WHERE encounter_id = ? AND name = ?", [(encounter_id, name)])


def holder(model: ReadModel, encounter_id: str, now: float) -> str | None:
    """Return who has claimed a stay's questions and still does; None where nobody."""
    found = model.row("SELECT name FROM claims WHERE encounter_id = ? AND until > ?", encounter_id, int(now))
    return None if found is None else str(found["name"])
