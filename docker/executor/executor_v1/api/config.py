"""Settings of the API."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

from executor_v1.environment import ConfigError, Environment
from executor_v1.vocabulary import LEASE_SECONDS_MAX, LEASE_SECONDS_MIN


def is_loopback(host: str) -> bool:
    """Whether an address can only be reached from this machine; any other name counts as reachable."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True)
class ApiConfig:
    host: str
    port: int
    secret: str = field(repr=False)
    mysql_host: str
    mysql_port: int
    mysql_user: str
    mysql_password: str = field(repr=False)
    mysql_database: str
    lease_seconds: float
    log_level: str
    commit: str

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "ApiConfig":
        """Raises ConfigError for a value out of its bounds, and for an open address without a secret."""
        env = Environment(values)
        config = cls(
            host=env.text("API_HOST", "127.0.0.1"),
            port=env.integer("API_PORT", 3000, 0, 65535),
            secret=env.header_secret("API_SECRET"),
            mysql_host=env.text("MYSQL_HOST", "127.0.0.1"),
            mysql_port=env.integer("MYSQL_PORT", 3306, 1, 65535),
            mysql_user=env.text("MYSQL_USER", "executor"),
            mysql_password=env.secret("MYSQL_PASSWORD"),
            mysql_database=env.text("MYSQL_DATABASE", "executor_test"),
            lease_seconds=float(
                env.number("EXECUTION_LEASE_TIMEOUT_SECONDS", "60", str(LEASE_SECONDS_MIN), str(LEASE_SECONDS_MAX))
            ),
            log_level=env.log_level(),
            commit=env.text("EXECUTOR_COMMIT", "unknown"),
        )
        if not config.secret and not is_loopback(config.host):
            raise ConfigError(f"API_SECRET must be set to listen on {config.host}: without it only loopback is served")
        return config
