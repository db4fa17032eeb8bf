"""How a series is written on the page: its name and its labels, escaped as Prometheus's text format asks. Pure."""

from models.printable import printable_lines
from streams.metrics.metric import Labels, Metric


def labelled(metric: Metric, labels: Labels, bound: str | None = None) -> str:
    """Return the labels of a series in their brackets; ``bound`` is that of a bucket."""
    pairs = [
        f'{name}="{escaped(value, quoted=True)}"' for name, value in zip(metric.labels, labels, strict=True)
    ]
    if bound is not None:
        pairs.append(f'le="{bound}"')
    return f"{{{','.join(pairs)}}}" if pairs else ""


def escaped(text: str, *, quoted: bool = False) -> str:
    """Return a text without line breaks, and where it stands in quotes without those."""
    text = printable_lines(text).replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quoted else text
