"""Texts of a wire as the contract takes them: one line, without control characters."""


def one_line(text: str, longest: int) -> str:
    """Return a text on one line, at most so long, without control characters."""
    line = " ".join(text.split())
    if not line.isprintable():
        line = "".join(sign for sign in line if sign.isprintable())
    return line[:longest]
