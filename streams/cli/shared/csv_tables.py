"""CSV files as rows by column, with messages that name the file as it was typed."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import click

from streams.batch.csv_tables import NoTableError, table_rows
from streams.cli.shared.inputs import display_names, open_input


def rows_of(
    file: str, headings: Callable[[Sequence[str]], None] | None = None
) -> Iterator[Mapping[str, str]]:
    """
    Yield the rows of a CSV file; a column that a row lacks is an empty text.

    ``headings`` is given the column names before the first row, and those of a table without rows.

    Raises:
        click.UsageError: it cannot be read, or is no CSV text.
    """
    with open_input(file) as opened:
        try:
            yield from table_rows(opened, headings)
        except NoTableError as error:
            message = f"{display_names([file])[0]}: {error}"
            raise click.UsageError(message) from None
