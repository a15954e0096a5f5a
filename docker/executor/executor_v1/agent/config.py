"""Settings of the agent."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from urllib.parse import urlsplit

from executor_v1.environment import ConfigError, Environment
from executor_v1.vocabulary import LEASE_SECONDS_MAX, LEASE_SECONDS_MIN

LONGEST_WAIT = 31_536_000


@dataclass(frozen=True)
class AgentConfig:
    """Times are in seconds unless named otherwise; thresholds are shares: 0.10 allows ten percent more."""

    mysql_host: str
    mysql_port: int
    mysql_user: str
    mysql_password: str = field(repr=False)
    mysql_database: str
    api_url: str
    api_secret: str = field(repr=False)
    worker_id: str
    log_level: str
    lease_seconds: float
    metrics_window_seconds: float
    min_sample_count: int
    latency_threshold: Fraction
    rows_threshold: Fraction
    kill_switch_timeout: float
    ddl_lock_wait_timeout: int
    rollback_attempts: int
    fencing_timeout: float
    api_timeout: float
    report_timeout: float
    poll_interval: float

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "AgentConfig":
        """Raises ConfigError for the first value out of its bounds."""
        env = Environment(values)
        lease = env.number("EXECUTION_LEASE_TIMEOUT_SECONDS", "60", str(LEASE_SECONDS_MIN), str(LEASE_SECONDS_MAX))
        return cls(
            mysql_host=env.text("MYSQL_HOST", "127.0.0.1"),
            mysql_port=env.integer("MYSQL_PORT", 3306, 1, 65535),
            mysql_user=env.text("MYSQL_USER", "executor"),
            mysql_password=env.secret("MYSQL_PASSWORD"),
            mysql_database=env.text("MYSQL_DATABASE", "executor_test"),
            api_url=api_url(env.text("SAAS_API_URL", "http://localhost:3000")),
            api_secret=env.header_secret("API_SECRET"),
            worker_id=worker_id(env.text("WORKER_ID", f"{socket.gethostname()}-{os.getpid()}")),
            log_level=env.log_level(),
            lease_seconds=float(lease),
            metrics_window_seconds=float(env.number("METRICS_WINDOW_MINUTES", "5", "0.0001", "1440") * 60),
            min_sample_count=env.integer("MIN_SAMPLE_COUNT", 10, 1, 1_000_000_000),
            latency_threshold=env.number("LATENCY_DEGRADATION_THRESHOLD", "0.10", "0", "1000"),
            rows_threshold=env.number("ROWS_EXAMINED_DEGRADATION_THRESHOLD", "0.20", "0", "1000"),
            kill_switch_timeout=float(env.number("KILL_SWITCH_TIMEOUT_SECONDS", "5", "0.001", "300")),
            ddl_lock_wait_timeout=env.integer("DDL_LOCK_WAIT_TIMEOUT_SECONDS", 10, 1, LONGEST_WAIT),
            rollback_attempts=env.integer("ROLLBACK_ATTEMPTS", 3, 1, 100),
            fencing_timeout=float(env.number("FENCING_TIMEOUT_SECONDS", "30", "0.1", "3600")),
            api_timeout=float(env.number("API_TIMEOUT_SECONDS", "5", "0.1", "300")),
            report_timeout=float(env.number("REPORT_TIMEOUT_SECONDS", "60", "0.1", "3600")),
            poll_interval=float(env.number("POLL_INTERVAL_SECONDS", "5", "0.05", "3600")),
        )


def api_url(text: str) -> str:
    """The base address of the API, without a slash at its end."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError(f"SAAS_API_URL must be an http or https address, not {text!r}")
    return text.rstrip("/")


def worker_id(text: str) -> str:
    if len(text) > 128:
        raise ConfigError("WORKER_ID must have at most 128 characters")
    return text
