"""Starts one program of the executor with one defect: ``python -m tests.proof.launch MUTANT agent run ID``, ``… MUTANT api``."""

import runpy
import sys

from tests.proof import catalogue

USAGE = "usage: python -m tests.proof.launch MUTANT agent run EXECUTION_ID | MUTANT api"


def main(arguments: list[str]) -> int:
    """Patch, then be the program; ends only with a number of its own if the mutant can't be made."""
    if len(arguments) < 2 or arguments[1] not in catalogue.ROOMS:
        print(USAGE, file=sys.stderr)
        return 2
    name, program, *rest = arguments
    try:
        catalogue.look_up(catalogue.load(program), name).apply()
    except (catalogue.UnknownMutant, catalogue.PatchGone) as error:
        print(f"mutant {name}: {error}", file=sys.stderr)
        return 2
    sys.argv = [f"executor_v1.{program}", *rest]
    runpy.run_module(f"executor_v1.{program}", run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
