"""The commands of the documents, and how each is run by a test. A new command needs a line here.

It goes into WAYS if it can be run, into ELSEWHERE if another test or CI itself runs it, and into BY_HAND if it needs what no
test machine has. A command is a line of a block of bash, or several, where a quotation or a backslash goes on or something
runs in the background until the shell waits; or words of the text set as code that begin with one of PROGRAMS. The key is
the command as it stands there, without its comment. One that stands in several documents needs a line at one of them.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.harness.running import PROJECT

PROGRAMS = {"acceptance", "make", "behave", "python", "npm", "docker", "kubectl", "helm", "git", "pip", "curl", "."}
NOT_OURS = {".venv", ".servers", ".tools", ".pytest_cache", "node_modules", "reports"}
DOCUMENTS = {
    str(path.relative_to(PROJECT)): path.read_text(encoding="utf-8")
    for path in sorted(PROJECT.rglob("*.md"))
    if not NOT_OURS & set(path.relative_to(PROJECT).parts)
}

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_IN_TEXT = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
EVERYTHING = "all commands"


@dataclass(frozen=True)
class Way:
    """How a command is run.

    Each is run by bash, with the virtual environment active, after the exports of its document.

    ``instead``: what stands here in the place of words that depend on the reader's machine; the values are formatted with
    the facts of the test. ``adding``: words that make it a small part of itself. ``after``: the commands of the same
    document whose results it works on. ``status`` and ``says``: how it has to end, and a pattern that it has to print.
    ``needs``: programs without which it is skipped. ``outside``: an executor runs already, and the environment says where.
    ``gone``: it is run in a copy of the project, and these are not there any more.
    """

    instead: Mapping[str, str] = field(default_factory=dict)
    adding: str = ""
    after: tuple[str, ...] = ()
    status: int = 0
    says: str = ""
    needs: tuple[str, ...] = ()
    outside: bool = False
    gone: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where else a command is run, and why not here; ``words`` of ``file`` show that it still is."""

    file: str
    words: str
    why: str


TC_01 = "acceptance run"
TC_02 = "acceptance run --tags=@P0"
ONE_SCENARIO = "acceptance run features/claiming.feature:5"
SHARDS = "for index in 0 1; do acceptance shard --of 2 --index $index --into reports/shards & done\nwait"
NODE = ("node", "npm")
PASSED = r"^[1-9]\d* scenarios? passed, 0 failed"
SMALL = "--tags=@TC-01"
OWN_SERVER = {"3306": "{port}", "'the root password'": "{password}", "=executor_test": "={schema}"}

WAYS: dict[str, dict[str, Way]] = {
    "README.md": {
        ". .venv/bin/activate": Way(instead={".venv": "{venv}"}, adding="&& command -v behave", says="/bin/behave$"),
        "acceptance --help": Way(says="^  signoff "),
        TC_01: Way(adding=SMALL, status=4, says="^Decision: BLOCKED$"),
        TC_02: Way(adding="--tags=@TC-02", status=4, says=PASSED),
        ONE_SCENARIO: Way(status=4, says=PASSED),
        "make accept JOBS=1": Way(adding=f"BEHAVE_ARGS={SMALL}", status=2, says=PASSED),
        "acceptance again": Way(after=(TC_02,), status=2, says="nothing in it was red$"),
        "acceptance signoff --verify": Way(
            after=(TC_02,), says="files are what .* was made from; decision: BLOCKED"
        ),
        "acceptance signoff RUN1 RUN2 --into DIR": Way(
            after=(TC_01, TC_02), instead={"RUN1": "{run1}", "RUN2": "{run2}", "DIR": "{reports}/both"}, status=4,
            says="^PARTIAL: this covers \\d+ of .* scenarios, of TC-01, TC-02",
        ),
        "acceptance compare RUN1 RUN2": Way(
            after=(TC_01, TC_02), instead={"RUN1": "{run1}", "RUN2": "{run2}"}, says="^0 the same, 0 changed; ",
        ),
        "acceptance report": Way(after=(TC_02,), needs=NODE, says="^In one file: .*allure-report.html$"),
        "behave --tags=@TC-03": Way(says=PASSED),
        "make help": Way(says="make accept .*\n  make preflight"),
        "make clean": Way(gone=(".venv", ".servers", "reports/verdict.json")),
    },
    "CONTRIBUTING.md": {
        "pre-commit install": Way(instead={"install": "validate-config"}),
        "acceptance run --tags=@TC-03": Way(status=4, says=PASSED),
        "python -m pytest tests/gateway/test_gateway.py -k reset": Way(says="passed"),
        "make bench": Way(adding=f"BEHAVE_ARGS={SMALL}", status=2, says="^4 +[0-9.]+ s .*\n(.*\n)+The suite's own overhead: "),
        "acceptance prove kill-switch-asked-and-ignored": Way(
            instead={"prove": "prove --into {reports}"}, says="^1 of 1 as they should be"
        ),
    },
    "docs/servers.md": {
        "make preflight": Way(outside=True, says="^Nothing is missing"),
        "npm ci --prefix tests/node_executor": Way(needs=NODE),
        "acceptance run -D agent_command='node tests/node_executor/agent.js {execution_id}'"
        " -D api_command='node tests/node_executor/api.js'": Way(
            after=("npm ci --prefix tests/node_executor",), adding=SMALL, needs=NODE, status=4, says=PASSED
        ),
        "acceptance run -D server=mariadb-10.11": Way(adding=SMALL, status=4, says="against MariaDB 10.11"),
        "acceptance run -D mysql_host=127.0.0.1 -D mysql_port=3306 -D mysql_user=root": Way(
            instead={"3306": "{port}"}, adding=SMALL, status=4, says=PASSED
        ),
    },
    "docs/your-executor.md": {
        "export ACCEPTANCE_STACK=external": Way(needs=NODE),
        "export ACCEPTANCE_MYSQL_HOST=127.0.0.1 ACCEPTANCE_MYSQL_PORT=3306": Way(instead=OWN_SERVER, needs=NODE),
        "export ACCEPTANCE_MYSQL_USER=root ACCEPTANCE_MYSQL_PASSWORD='the root password'": Way(
            instead=OWN_SERVER, needs=NODE
        ),
        "export ACCEPTANCE_MYSQL_DATABASE=executor_test": Way(instead=OWN_SERVER, needs=NODE),
        "export ACCEPTANCE_API_URL=http://127.0.0.1:3000 ACCEPTANCE_API_SECRET='the shared secret'": Way(
            instead={"http://127.0.0.1:3000": "{url}", "'the shared secret'": "{secret}"}, needs=NODE
        ),
        "export ACCEPTANCE_AGENT_COMMAND='node tests/node_executor/agent.js {execution_id}'": Way(needs=NODE),
        "export ACCEPTANCE_AGENT_ENVIRONMENT='DB_HOST={MYSQL_HOST} DB_DSN=mysql://{MYSQL_USER}:{MYSQL_PASSWORD}@{MYSQL_HOST}:"
        "{MYSQL_PORT}/{MYSQL_DATABASE} NODE_ENV=test'": Way(needs=NODE),
        "make preflight": Way(needs=NODE, says="^Nothing is missing"),
        "make accept": Way(needs=NODE, adding=f"BEHAVE_ARGS={SMALL}", status=2, says=PASSED),
    },
    "docs/kubernetes.md": {
        SHARDS: Way(
            instead={"--into reports/shards": "--into {reports}/shards -- '--name=^TC-0[1-5] [^:]*$'"},
            says="(?s)([1-9] scenarios? passed, 0 failed.*){2}",
        ),
        "acceptance merge --of 2 --into reports/shards": Way(
            after=(SHARDS,), instead={"reports/shards": "{reports}/shards"}, status=4, says="^Decision: BLOCKED$"
        ),
    },
    "tests/node_executor/README.md": {
        "npm ci --prefix tests/node_executor": Way(needs=NODE),
        "behave -D api_command='node tests/node_executor/api.js'"
        " -D agent_command='node tests/node_executor/agent.js {execution_id}'": Way(
            after=("npm ci --prefix tests/node_executor",), adding=ONE_SCENARIO.split()[-1], needs=NODE, says=PASSED
        ),
    },
}  # fmt: skip

_BY_MAKE_TEST = Place("Makefile", "--no-print-directory accept\n", "make test, which runs this test, ends with it")
_BY_THE_PROGRAMS = Place(
    "tests/documents/test_commands.py", "def test_the_programs_of_the_executor", "a test of its own: one serves"
)
_MATRIX = Place(
    "tests/commands/test_matrix.py", '"matrix", "/no/such/mysqld", "auto"', "minutes; a part of it is run there"
)
_JUDGE = Place(
    "tests/commands/test_judge.py", '"acceptance judge"', "a test of its own: it needs a run that has left histories"
)
_PROVE = Place("tests/proof/test_proof.py", '"-m", "tests.proof.prove"', "minutes; a part of it is run there")

ELSEWHERE: dict[str, dict[str, Place]] = {
    "README.md": {
        "make accept": _BY_MAKE_TEST,
        "make test": Place(".ci/run", "\nmake test\n", "it is what runs this test"),
        "make setup": Place("Makefile", "\nunit: $(TOOLS) ", "it is made before the first test can run"),
    },
    "CONTRIBUTING.md": {
        "make quick": Place("Makefile", "\nquick: ", "it is a part of what runs this test"),
        "make lint": _BY_MAKE_TEST,
    },
    "CHANGELOG.md": {"acceptance judge": _JUDGE},
    "docs/rules.md": {"acceptance judge": _JUDGE},
    "docs/servers.md": {
        "make accept STACK=compose BEHAVE_ARGS='-D api_replicas=3'": Place(
            "tests/stacks/test_compose_stack.py", '"-D", "stack=compose", "-D", "api_replicas=2"', "it needs a Docker engine"
        ),
        "make matrix": _MATRIX,
        "make matrix SERVERS='mysql-9.7 mysql-5.6'": _MATRIX,
        "acceptance matrix -D agent_command='node /opt/executor/agent.js {execution_id}'": _MATRIX,
    },
    "docs/proof.md": {
        "make prove": _PROVE,
        "make mutate": Place("tests/mutation/test_mutation.py", "mutate", "forty minutes; its parts are tested there"),
    },
    "docs/architecture.md": {
        "acceptance matrix": _MATRIX,
        "acceptance prove": _PROVE,
    },
    "docs/decisions/02-private-server.md": {
        "acceptance preflight": Place("Makefile", "$(ACCEPTANCE) preflight", "make preflight runs it"),
    },
    "docs/decisions/08-own-executor.md": {
        "acceptance mutate": Place("Makefile", "$(ACCEPTANCE) mutate", "forty minutes; make mutate runs it"),
    },
    "docs/kubernetes.md": {
        "acceptance shard": Place(
            "tests/commands/test_shard.py", '"-m", "support.commands", "shard"', "a mere name here"
        )
    },
    "docker/executor/README.md": {
        "python -m executor_v1.api": _BY_THE_PROGRAMS,
        "python -m executor_v1.agent run EXECUTION_ID": _BY_THE_PROGRAMS,
        "python -m executor_v1.agent poll": _BY_THE_PROGRAMS,
    },
}  # fmt: skip

BY_HAND = {
    "docs/compose.md": {EVERYTHING: "Docker 20.10 with Compose 2.40 on Debian 12"},
    "docs/kubernetes.md": {"docker": "built on Docker 20.10", "kubectl": "not run: they need a cluster"},
}
"""By document, and by the first word of the command: what the document itself says of where it was run, or that it was not."""


def blocks_of(text: str, *languages: str) -> list[str]:
    """The fenced blocks of these languages, as they stand there."""
    return [content for language, content in _FENCED.findall(text) if language in languages]


def commands_of(text: str) -> list[str]:
    """Every command of a document, in order, each once."""
    found = [command for block in blocks_of(text, "bash", "sh", "shell", "console") for command in _commands(block)]
    for words in _IN_TEXT.findall(_FENCED.sub("", text)):
        if " " in words and words.split()[0] in PROGRAMS:
            found.append(words)
    return list(dict.fromkeys(found))


def _commands(block: str) -> list[str]:
    """A command goes on over a line's end where a quotation is open or a backslash stands."""
    commands, begun = [], ""
    for line in block.splitlines():
        begun += line
        try:
            words = shlex.split(begun, comments=True)
        except ValueError:  # a quotation is open
            begun += "\n"
            continue
        if begun.endswith("\\") or (re.search(r"&( done)?(\s+# .*)?$", begun, re.MULTILINE) and line != "wait"):
            begun += "\n"
            continue
        if words:
            commands.append(re.sub(r"\s+# .*$", "", begun))
        begun = ""
    return commands


def way_of(document: str, command: str) -> Way | Place | str | None:
    """How the command is run, where else, or why not; None if nobody has said so."""
    by_hand = BY_HAND.get(document, {})
    return (
        WAYS.get(document, {}).get(command)
        or ELSEWHERE.get(document, {}).get(command)
        or by_hand.get(command.split()[0])
        or by_hand.get(EVERYTHING)
        or next((ways[command] for ways in (*WAYS.values(), *ELSEWHERE.values()) if command in ways), None)
    )
