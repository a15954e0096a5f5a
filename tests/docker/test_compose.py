"""What is under test, in containers: what compose.yaml promises, read without Docker."""

import re
import stat
import subprocess
from pathlib import Path

import pymysql
import pytest
import yaml

from support.contract import TEST_TABLES
from support.mysql.database import Account, Database
from support.mysql.schemas import make_accounts, users
from support.stacks.embedded import SQL_FOLDER
from tests.harness.running import PROJECT

DOCKER = PROJECT / "docker"
FILE = DOCKER / "compose.yaml"
TEXT = FILE.read_text(encoding="utf-8")
STACK = yaml.safe_load(TEXT)
SERVICES = STACK["services"]
GUIDE = (PROJECT / "docs" / "compose.md").read_text(encoding="utf-8")
ACCOUNTS = DOCKER / "mysql" / "accounts" / "30-accounts.sh"
VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")


def default(text: str) -> str:
    """What Compose makes of a value when no variable is set."""
    return VARIABLE.sub(r"\2", text)


def test_the_services():
    assert set(SERVICES) == {"mysql", "api", "agent"}
    assert SERVICES["api"]["build"] == SERVICES["agent"]["build"]
    assert SERVICES["api"]["image"] == SERVICES["agent"]["image"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_contained(name):
    service = SERVICES[name]

    user, _, group = service["user"].partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert {"container_name", "privileged", "cap_add", "network_mode", "restart"}.isdisjoint(service)
    assert all(volume.endswith(":ro") for volume in service.get("volumes", []) if volume.startswith("."))


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_has_a_version(name):
    _, _, version = default(SERVICES[name]["image"]).partition(":")

    assert re.match(r"\d", version)
    assert re.search(r"^FROM python:3\.11-slim-bookworm$", (DOCKER / "executor" / "Dockerfile").read_text(), re.M)


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_on_loopback_unless_somebody_says_otherwise(name):
    for port in SERVICES[name].get("ports", []):
        assert VARIABLE.match(port), "overridable"
        assert default(port).startswith("127.0.0.1:")


def test_parts_start_when_what_they_need_is_healthy():
    assert all("healthcheck" in SERVICES[name] for name in ("mysql", "api"))
    assert SERVICES["api"]["depends_on"] == {"mysql": {"condition": "service_healthy"}}
    assert SERVICES["agent"]["depends_on"] == {"api": {"condition": "service_healthy"}}


def test_every_secret_comes_from_the_environment():
    given = {
        variable: value
        for service in SERVICES.values()
        for variable, value in service["environment"].items()
        if "PASSWORD" in variable or "SECRET" in variable
    }
    assert {"MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD", "API_SECRET"} <= set(given)
    for variable, value in given.items():
        assert VARIABLE.fullmatch(value), variable
        assert default(value).startswith("play-"), variable


def test_mysql_is_given_the_files_that_the_embedded_stack_uses():
    mounted = dict(volume.removesuffix(":ro").split(":") for volume in SERVICES["mysql"]["volumes"])
    init = {DOCKER / source for source, target in mounted.items() if target.startswith("/docker-entrypoint-initdb.d/")}

    assert init == {*SQL_FOLDER.glob("*.sql"), ACCOUNTS}
    assert mounted["./mysql/conf.d/acceptance.cnf"] == "/etc/mysql/conf.d/acceptance.cnf"
    order = [Path(target).name for target in mounted.values() if "initdb" in target]
    assert order == sorted(order)


def test_files_are_of_the_kind_the_image_wants():
    assert not ACCOUNTS.stat().st_mode & stat.S_IXUSR, "an executable file would not be given docker_process_sql"
    assert not (DOCKER / "mysql" / "conf.d" / "acceptance.cnf").stat().st_mode & stat.S_IWOTH, "MySQL would ignore it"


def test_the_agent_has_the_settings_of_the_contract_with_its_defaults():
    contract = (PROJECT / "docs" / "contract.md").read_text(encoding="utf-8").partition("## Agent")[2]
    given = {name: default(value) for name, value in SERVICES["agent"]["environment"].items()}

    named = set(re.findall(r"\b([A-Z]+(?:_[A-Z]+)+)\b", contract.partition("An outcome")[0]))
    assert named - set(given) == {"WORKER_ID"}, "which is the container's own"
    assert given["METRICS_WINDOW_MINUTES"] == "5"
    assert given["EXECUTION_LEASE_TIMEOUT_SECONDS"] == "60"


def test_the_guide_names_every_variable_with_its_default():
    settings = GUIDE.partition("## Settings")[2]

    for variable, value in VARIABLE.findall(TEXT):
        assert f"`{variable}`" in settings
        assert variable in settings.partition("and the agent's own")[2] or f"`{value}`" in settings, variable


def sourced(beginning: str, passwords: dict[str, str]) -> str:
    """What the accounts script gives to the client, sourced as the image's entrypoint does it."""
    return subprocess.run(
        ["bash", "-c", f'set -euo pipefail; {beginning}; . "{ACCOUNTS}"'],
        env={**passwords, "MYSQL_DATABASE": "executor_test", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_an_entrypoint_without_the_official_ones_function_gets_the_same():
    passwords = {"MYSQL_API_PASSWORD": "a", "MYSQL_AGENT_PASSWORD": "b"}

    official = sourced("docker_process_sql() { cat; }", passwords)
    assert official.count("GRANT") == 5
    assert sourced("mysql() { echo $*; cat; }", passwords) == f"--user=root\n{official}"
    assert sourced("socket=/a/b; mysql() { echo $*; cat; }", passwords) == f"--user=root --socket=/a/b\n{official}"


def test_the_database_is_in_memory():
    service = SERVICES["mysql"]
    assert any(mount.startswith("/var/lib/mysql:uid=999,") for mount in service["tmpfs"])
    assert "volumes" not in STACK
    assert all(volume.endswith(":ro") for volume in service["volumes"])


@pytest.fixture
def play_accounts(mysql_server, tmp_path):
    """The accounts script, carried out on a real server as the image's entrypoint does it; the passwords it was given."""
    passwords = {"MYSQL_API_PASSWORD": 'it\'s \\ a "pass" $word', "MYSQL_AGENT_PASSWORD": "100%'; DROP USER root; -- "}
    made = sourced("docker_process_sql() { cat; }", passwords)
    root = Database(Account(mysql_server.host, mysql_server.port, mysql_server.user, mysql_server.password))
    try:
        for statement in made.split(";\n"):
            if statement.strip():
                root.execute(statement)
        yield root, passwords
    finally:
        root.execute("DROP USER IF EXISTS executor_api, executor_agent")
        root.close()


def grants(database: Database, user: str) -> set[str]:
    """What an account may do, without its name."""
    return {next(iter(row.values())).partition(" TO ")[0] for row in database.rows(f"SHOW GRANTS FOR {user}")}


def test_the_accounts_have_the_rights_the_suite_gives(mysql_server, play_accounts):
    root, _ = play_accounts
    server = Account(mysql_server.host, mysql_server.port, mysql_server.user, mysql_server.password)
    suffix = "compose"
    make_accounts(server, "executor_test", suffix)
    try:
        for role in ("api", "agent"):
            assert grants(root, f"executor_{role}") == grants(root, f"ex_{role}_{suffix}")
    finally:
        for user, _host in users(suffix):
            root.execute(f"DROP USER {user}")
    assert any(f"`{TEST_TABLES[0]}`" in grant and "ALTER" in grant for grant in grants(root, "executor_agent"))


def test_the_accounts_have_the_passwords_they_were_given(mysql_server, play_accounts):
    _, passwords = play_accounts
    for role in ("api", "agent"):
        password = passwords[f"MYSQL_{role.upper()}_PASSWORD"]
        login = {"host": mysql_server.host, "port": mysql_server.port, "user": f"executor_{role}"}
        pymysql.connect(**login, password=password, database="executor_test").close()
        with pytest.raises(pymysql.err.OperationalError):
            pymysql.connect(**login, password=password + "x")
