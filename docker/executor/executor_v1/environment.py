"""Reading settings out of environment variables: each value is typed and bounded, or the program does not start."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class ConfigError(Exception):
    """A setting that a person has to correct; its text is one line that names the variable."""


class Environment:
    """The variables a program was started with. An empty variable counts as one that is not set."""

    def __init__(self, values: Mapping[str, str]):
        self._values = values

    def text(self, name: str, default: str) -> str:
        return self._values.get(name, "").strip() or default

    def secret(self, name: str) -> str:
        """A password or the like, taken as it is, blanks included; empty when not set."""
        return self._values.get(name, "")

    def header_secret(self, name: str) -> str:
        """A secret that travels in an HTTP header, where only printable ASCII comes through unchanged."""
        secret = self.secret(name)
        if not (secret.isascii() and secret.isprintable() and secret == secret.strip()):
            raise ConfigError(f"{name} must be printable ASCII without blanks at its ends")
        return secret

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        raw = self.text(name, str(default))
        if not (raw.isascii() and raw.isdigit()) or not low <= int(raw) <= high:
            raise ConfigError(f"{name} must be a whole number from {low} to {high}, not {raw!r}")
        return int(raw)

    def number(self, name: str, default: str, low: str, high: str) -> Fraction:
        """A decimal, kept exact because thresholds are compared to the last digit."""
        raw = self.text(name, default)
        try:
            value = Decimal(raw)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or not Decimal(low) <= value <= Decimal(high):
            raise ConfigError(f"{name} must be a number from {low} to {high}, not {raw!r}")
        return Fraction(value)

    def log_level(self) -> str:
        level = self.text("LOG_LEVEL", "INFO").upper()
        if level not in LOG_LEVELS:
            raise ConfigError(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not {level!r}")
        return level
