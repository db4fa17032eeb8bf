"""What a charted reason asserts: its words without those it denies, rules out or only suspects."""

import re
from functools import lru_cache
from typing import Final

_SENTENCE: Final = re.compile(r"[;\n]|\.(?!\w)|\bbut\b|\bnow\b|\bbecause\b")
_ASKED: Final = re.compile(r"[^,?]*\?(?!\s*\w)")
"""What stands before a question mark that ends it."""

_DOUBT: Final = re.compile(
    r"\br/o\b|\bro\b(?=\s)|\brule[sd]?[ -]out\b|\bruling out\b|\bno\b|\bnot\b|\bdenie[sd]\b|\bdenying\b|\bwithout\b"
    r"|\bw/o\b|\bnegative for\b|\babsence of\b|\bpossible\b|\bprobable\b|\blikely\b|\bsuspect(?:ed|s)?\b"
    r"|\bquestionable\b|\b(?:consistent|compatible) with\b|\bworking diagnosis\b|\?"
)
_END: Final = re.compile(r",|\bdue to\b|\bd/t\b|\bsecondary to\b|\b2/2\b|\bfrom\b|\bafter\b|\bwith\b")
"""What ends a denial: the next thing said, or its cause."""

_AFTER: Final = re.compile(
    r"[^,]*\b(?:was |is |were |are |has been |have been |now )?(?:ruled out|r/o)\s*(?=,|$)"
)
"""What is said of a thing after it is named: "dehydration ruled out"."""

_LIST: Final = re.compile(r"\b(?:or|nor)\b")


def _without_doubt(sentence: str) -> str:
    """Return a sentence without what each denial or doubt in it covers."""
    kept = ""
    if "?" in sentence:
        sentence = _ASKED.sub("", sentence)
    sentence = _AFTER.sub("", sentence)
    while found := _DOUBT.search(sentence):
        kept += sentence[: found.start()]
        rest = sentence[found.end() :]
        end = _END.search(rest)
        if end is None:
            return kept
        # "No fever, chills or vomiting" denies all three; "r/o MI, dehydration" doubts the first alone.
        if end[0] == "," and _LIST.search(rest, end.end()) and not _LIST.search(rest[: end.start()]):
            return kept
        sentence = rest[end.start() :]
    return kept + sentence


@lru_cache(maxsize=4096)
def asserted(reason: str) -> str:
    """
    Return a charted reason in lower case without what it denies, rules out or only suspects.

    An outpatient's diagnosis that is suspected or ruled out is not coded, so it proves no more than one that is
    denied (ICD10CM-IVH).
    """
    return ";".join(_without_doubt(sentence) for sentence in _SENTENCE.split(reason.lower()))
