"""Log lines: one JSON object a line on standard error, with every secret masked in one place."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

MASK = "***"

_logger = logging.getLogger("executor_v1")
_secrets: set[str] = set()
_context: dict[str, Any] = {}


def protect(secret: str | None) -> None:
    """From now on no line shows this text, nor as a URL or JSON quotes it."""
    if secret:
        _secrets.update({secret, quote(secret, safe=""), json.dumps(secret)[1:-1]})


def masked(value: Any) -> Any:
    """`value` with every known secret in it replaced, at any depth; longer secrets first, as one may hold another."""
    if isinstance(value, str):
        for secret in sorted(_secrets, key=len, reverse=True):
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, dict):
        return {masked(key): masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return masked(str(value))


class LineFormatter(logging.Formatter):
    """Turns a record, its fields and its traceback into one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {"event": record.getMessage(), **_context, **getattr(record, "fields", {})}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": moment.replace("+00:00", "Z"), "level": record.levelname, **masked(fields)}
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: str, **context: Any) -> None:
    """Send every logger of the process to standard error at `level`; `context` is on each line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    _logger.setLevel(level)
    bind(**context)


def bind(**context: Any) -> None:
    """Put these fields on each line that follows; None takes one off again."""
    _context.update(context)
    for name in [name for name, value in _context.items() if value is None]:
        del _context[name]


def debug(event: str, **fields: Any) -> None:
    _logger.debug(event, extra={"fields": fields})


def info(event: str, **fields: Any) -> None:
    _logger.info(event, extra={"fields": fields})


def warning(event: str, **fields: Any) -> None:
    _logger.warning(event, extra={"fields": fields})


def error(event: str, *, traceback: bool = False, **fields: Any) -> None:
    _logger.error(event, extra={"fields": fields}, exc_info=traceback)
