"""Settings: file < environment < -D, every mistake is one line, secrets never show."""

import pytest

from support.errors import SettingsError
from support.settings import Settings


def read(tmp_path, userdata=None, environment=None, file=""):
    path = tmp_path / "acceptance.toml"
    if file:
        path.write_text(file, encoding="utf-8")
    return Settings.read(userdata or {}, environment or {}, path)


def test_without_anything_the_defaults_hold(tmp_path):
    settings = read(tmp_path)

    assert (settings.stack, settings.server, settings.mysql_database) == ("embedded", "auto", "executor_test")
    assert settings.shown() == []


def test_the_environment_beats_the_file_and_the_command_line_beats_both(tmp_path):
    file = 'lease_seconds = 7\ntester = "มานี"\nlog_level = "INFO"'

    settings = read(
        tmp_path, {"lease_seconds": "9"}, {"ACCEPTANCE_LEASE_SECONDS": "8", "ACCEPTANCE_LOG_LEVEL": "ERROR"}, file
    )

    assert (settings.lease_seconds, settings.log_level, settings.tester) == (9, "ERROR", "มานี")


def test_variables_of_others_are_no_settings(tmp_path):
    assert read(tmp_path, environment={"MYSQL_HOST": "db.example.com", "PATH": "/bin"}).mysql_host == ""


@pytest.mark.parametrize(
    ("userdata", "complaint"),
    [
        ({"leese_seconds": "5"}, "unknown setting 'leese_seconds' in -D; did you mean 'lease_seconds'? Known: "),
        ({"lease_seconds": "five"}, "setting lease_seconds in -D: 'five' is not a whole number"),
        ({"lease_seconds": "0"}, "setting lease_seconds: 0 has to be more than zero"),
        ({"time_scale": "-1"}, "setting time_scale: -1.0 has to be more than zero"),
        ({"allow_remote_host": "perhaps"}, "'perhaps' is not yes or no"),
        ({"api_port": "70000"}, "70000 is not a port"),
        ({"mysql_database": "production"}, "'production' is not a schema this suite may touch"),
        ({"mysql_database": "my_executor_test"}, "is not a schema this suite may touch"),
        ({"mysql_host": "db.example.com"}, "say so with -D allow_remote_host=yes"),
        ({"agent_command": "agent run"}, "has to contain {execution_id}"),
        ({"stack": "moon"}, "is not a known stack"),
        ({"stack": "compose", "mysql_host": "127.0.0.1"}, "setting mysql_host has no effect with the stack compose"),
        ({"api_url": "http://127.0.0.1:3000"}, "setting api_url has no effect with the stack embedded: leave it out"),
        (
            {"stack": "external", "api_command": "node api.js"},
            "setting api_command has no effect with the stack external",
        ),
        ({"time_zone": "Asia/Nowhere"}, "'Asia/Nowhere' is not a known time zone"),
    ],
)
def test_a_mistake_is_one_clear_line(tmp_path, userdata, complaint):
    with pytest.raises(SettingsError) as told:
        read(tmp_path, userdata)

    assert complaint in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_that_is_no_toml_is_one_clear_line(tmp_path):
    with pytest.raises(SettingsError, match=r"acceptance.toml cannot be read: ") as told:
        read(tmp_path, file="lease_seconds = = 3")

    assert "\n" not in str(told.value)


def test_a_remote_host_needs_the_explicit_yes_and_gets_it(tmp_path):
    assert read(tmp_path, {"mysql_host": "db.example.com", "allow_remote_host": "yes"}).mysql_host == "db.example.com"


def test_this_machine_is_not_remote(tmp_path):
    for host in ("127.0.0.1", "localhost", "::1"):
        assert read(tmp_path, {"mysql_host": host}).mysql_host == host


def test_secrets_are_masked_where_settings_are_shown(tmp_path):
    settings = read(tmp_path, {"mysql_password": "pa55word", "api_secret": "s3cret", "tester": "Somchai"})

    assert settings.shown() == [
        ("mysql_password", "$ACCEPTANCE_MYSQL_PASSWORD"), ("api_secret", "$ACCEPTANCE_API_SECRET"), ("tester", "Somchai"),
    ]  # fmt: skip
    assert settings.secrets() == ["pa55word", "s3cret"]


def test_times_scale_as_one(tmp_path):
    settings = read(tmp_path, {"time_scale": "3", "patience_seconds": "10"})

    assert (settings.scaled(0.5), settings.patience) == (1.5, 30.0)
