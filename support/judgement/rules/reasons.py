"""Reading the reason of a rollback: which measures it names."""

import re

_WORDS = {
    "latency": r"latenc|slow|time|duration|ช้า|เวลา",
    "rows examined": r"\brows?\b|แถว",
    "full scans": r"scan|สแกน",
}
_PLAINLY = r"(?i)\b(?:(latency)|(rows[ _-]examined)|(full[ _-](?:table[ _-])?scans?))\b"


def names(reason: str, measure: str) -> bool:
    """It names the measure, by whatever word."""
    return bool(re.search(_WORDS[measure], reason, re.IGNORECASE))


def named_without_figures(reason: str) -> set[str]:
    """The measures that it names by the contract's own words and nothing more.

    Beside the measure that got worse a reason may say what each of the others was; that names none as the cause.
    """
    found, measures = list(re.finditer(_PLAINLY, reason)), list(_WORDS)
    ends = [one.start() for one in found[1:]] + [len(reason)] * bool(found)
    return {
        measures[(one.lastindex or 1) - 1]
        for one, end in zip(found, ends, strict=True)
        if not re.search(r"\d", reason[one.end() : end])
    }
