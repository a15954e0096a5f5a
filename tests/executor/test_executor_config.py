"""Settings: typed, bounded, and refused in one line."""

from fractions import Fraction

import pytest

from executor_v1.agent.config import AgentConfig
from executor_v1.api.config import ApiConfig, is_loopback
from executor_v1.environment import ConfigError


def test_defaults_are_those_of_the_contract():
    config = AgentConfig.read({})
    assert config.api_url == "http://localhost:3000"
    assert config.lease_seconds == 60
    assert config.metrics_window_seconds == 300
    assert config.min_sample_count == 10
    assert config.latency_threshold == Fraction(1, 10)
    assert config.rows_threshold == Fraction(1, 5)
    assert config.kill_switch_timeout == 5
    assert config.ddl_lock_wait_timeout == 10


def test_an_empty_variable_counts_as_not_set():
    assert AgentConfig.read({"MIN_SAMPLE_COUNT": ""}).min_sample_count == 10


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MYSQL_PORT", "0"),
        ("MYSQL_PORT", "65536"),
        ("MYSQL_PORT", "3306.0"),
        ("MYSQL_PORT", "³"),
        ("MIN_SAMPLE_COUNT", "-1"),
        ("MIN_SAMPLE_COUNT", "ten"),
        ("METRICS_WINDOW_MINUTES", "0"),
        ("METRICS_WINDOW_MINUTES", "nan"),
        ("LATENCY_DEGRADATION_THRESHOLD", "inf"),
        ("LATENCY_DEGRADATION_THRESHOLD", "-0.1"),
        ("EXECUTION_LEASE_TIMEOUT_SECONDS", "0.99"),
        ("EXECUTION_LEASE_TIMEOUT_SECONDS", "3601"),
        ("DDL_LOCK_WAIT_TIMEOUT_SECONDS", "0"),
        ("SAAS_API_URL", "localhost:3000"),
        ("SAAS_API_URL", "ftp://localhost"),
        ("WORKER_ID", "w" * 129),
        ("LOG_LEVEL", "LOUD"),
        ("API_SECRET", "ends with a blank "),
        ("API_SECRET", "ลับ"),
    ],
)
def test_a_bad_value_is_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=name) as refusal:
        AgentConfig.read({name: value})
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_secret(host):
    assert is_loopback(host)
    assert ApiConfig.read({"API_HOST": host}).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "db.example", "localhost.example", "127.0.0.1.example"])
def test_any_other_address_needs_one(host):
    assert not is_loopback(host)
    with pytest.raises(ConfigError, match="API_SECRET"):
        ApiConfig.read({"API_HOST": host})
    assert ApiConfig.read({"API_HOST": host, "API_SECRET": "s3cret"}).host == host


def test_secrets_are_not_shown():
    shown = repr(AgentConfig.read({"API_SECRET": "s3cret", "MYSQL_PASSWORD": "p4ss"}))
    assert "s3cret" not in shown
    assert "p4ss" not in shown
