"""The workers of a scenario, by the number that the scenario gives them."""

from collections.abc import Callable
from pathlib import Path

from support.gateway.calls import Call
from support.judgement.world import Participant
from support.record.evidence import Evidence
from support.scenario.clean_ups import CleanUps
from support.stacks.stack import Stack
from support.stacks.worker import Worker


class Workers:
    """Makes workers, and keeps them and their calls.

    ``times`` are the contract's variables of worker 1, in lower case, that differ from the run's settings. ``roles``
    maps a worker's number in the result log to that of its process, where the two differ.
    """

    def __init__(self, stack: Stack, evidence: Evidence, logs: Path, clean_ups: CleanUps) -> None:
        self._stack, self._evidence, self._logs, self._clean_ups = stack, evidence, logs, clean_ups
        self._all: dict[int, Worker] = {}
        self.times: dict[str, float] = {}
        self.roles: dict[int, int] = {}

    def __getitem__(self, number: int) -> Worker:
        """The worker of that number that was made last."""
        return self._all[number]

    def new(self, number: int, run_id: str, on_arrival: Callable[[Call], None]) -> Worker:
        """Worker ``number``, not yet started; a new process if the one before it has ended.

        :param on_arrival: is called with each of its calls before it goes on.
        """
        earlier, log = self._all.get(number), self._logs / f"worker-{number}.log"
        worker = self._stack.worker(number, run_id, log, **(self.times if number == 1 else {}))
        self._clean_ups.add(worker.end)
        if earlier is not None:
            worker.earlier_calls = [*earlier.earlier_calls, *earlier.gateway.calls]
        self._all[number] = worker
        if str(log) not in self._evidence.logs:
            self._evidence.logs.append(str(log))
        worker.gateway.on_arrival = on_arrival
        return worker

    def start(self, worker: Worker) -> None:
        """Start the worker's process."""
        worker.start()
        self._evidence.fact(f"Worker {worker.number} Start Time", worker.name, worker.started)

    def calls(self) -> list[Call]:
        """All calls of all workers."""
        return [call for worker in self._all.values() for call in worker.all_calls]

    def records(self) -> list[dict[str, object]]:
        """Their times and ends, for the evidence."""
        return [worker.record() for worker in self._all.values()]

    def participants(self) -> dict[int, Participant]:
        """Each by its number in the result log."""
        return {role: self._participant(role) for role in self._all}

    def _participant(self, role: int) -> Participant:
        worker = self._all[self.roles.get(role, role)]
        return Participant(
            worker.number, worker.all_calls, worker.started, worker.ended, worker.killed, worker.exit_status
        )
