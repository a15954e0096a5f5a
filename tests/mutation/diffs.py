"""What a mutant changes, as text."""

import difflib


def unified(before: str, after: str, path: str) -> str:
    """A diff as people know it, with one line around the change."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm="", n=1)
    return "\n".join(lines)


def lines_changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went and the lines that came, without the indentation."""
    lines = unified(before, after, "").splitlines()[2:]
    gone, came = ([line[1:].strip() for line in lines if line[0] == sign] for sign in "-+")
    return gone, came
