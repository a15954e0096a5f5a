"""What a scenario has to undo, registered in the line that makes it."""

from collections.abc import Callable


class CleanUps:
    """Undoes things when the scenario is over, last things first."""

    def __init__(self) -> None:
        self._all: list[Callable[[], object]] = []

    def add(self, clean_up: Callable[[], object]) -> None:
        """Have something undone."""
        self._all.append(clean_up)

    def run(self) -> list[str]:
        """Undo everything; what went wrong is returned, and nothing is left out for it."""
        troubles = []
        for clean_up in reversed(self._all):
            try:
                clean_up()
            except Exception as error:  # noqa: BLE001 - the rest still has to be cleaned up
                troubles.append(f"{type(error).__name__}: {error}")
        return troubles
