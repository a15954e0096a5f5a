"""`python -m executor_v1.agent run EXECUTION_ID` or `python -m executor_v1.agent poll`.

Exit codes of `run`: 0 the run reached a terminal state by this worker, 1 the agent broke, 2 a setting or the command
line is wrong, 3 the claim was not granted, 4 the lease was lost. `poll` ends with 0 when told to stop.
"""

import os
import sys

from executor_v1 import logs
from executor_v1.environment import ConfigError

from . import runner
from .config import AgentConfig
from .poll import Poller
from .runner import ExitCode

USAGE = "usage: python -m executor_v1.agent run EXECUTION_ID | poll"


def main(arguments: list[str]) -> int:
    if arguments != ["poll"] and not (len(arguments) == 2 and arguments[0] == "run" and arguments[1]):
        print(USAGE, file=sys.stderr)
        return ExitCode.CONFIG
    try:
        config = AgentConfig.read(os.environ)
    except ConfigError as error:
        print(f"executor-agent: {error}", file=sys.stderr)
        return ExitCode.CONFIG
    for secret in (config.api_secret, config.mysql_password):
        logs.protect(secret)
    logs.configure(config.log_level, program="agent", worker=config.worker_id)
    if arguments == ["poll"]:
        Poller(config).run()
        return ExitCode.FINISHED
    return runner.run(config, arguments[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
