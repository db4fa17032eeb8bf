"""
One quarter taken in at once: edit tables and drug lists, both folders or neither.

Every file is read before anything is written. Both folders are then put in place, checked as ``infusion check`` would, and
put back if either does not hold.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rules.data_files import DRUGS, EDITS
from rules.tables.lookup import problems
from streams.cms.dated_folder import DatedFolder, install
from streams.cms.drug_refresh import DrugFiles, drug_problems, prepared_drugs
from streams.cms.fee_schedule_files import LocalityChoice
from streams.cms.refresh import Change, Files, prepared
from streams.cms.refusal import RefreshRefusedError


def take_in(
    on: date,
    tables: Files,
    lists: DrugFiles,
    edits: Path = EDITS,
    drugs: Path = DRUGS,
    *,
    replace: bool = False,
    localities: Sequence[LocalityChoice] = (),
) -> tuple[Change, ...]:
    """
    Write a quarter's edit tables and drug lists and return how each of them moved.

    Raises:
        RefreshRefusedError: a file or the result is not good; everything is as it was.

    """
    faults: list[str] = []
    changes: list[Change] = []
    folders: list[DatedFolder] = []
    try:
        for read in (
            *(
                (lambda: prepared(on, tables, edits, replace=replace, localities=localities),)
                if tables or not lists
                else ()
            ),
            *((lambda: prepared_drugs(on, lists, drugs, replace=replace),) if lists else ()),
        ):
            try:
                moved, folder = read()
            except RefreshRefusedError as error:
                faults += error.faults
            else:
                changes += moved
                folders.append(folder)
        if faults:
            raise RefreshRefusedError(faults)
        install(
            folders, lambda: [*(problems(edits) if tables else ()), *(drug_problems(drugs) if lists else ())]
        )
    except OSError as error:
        raise RefreshRefusedError([str(error)]) from error
    finally:
        for folder in folders:
            folder.abandon()
    return tuple(changes)
