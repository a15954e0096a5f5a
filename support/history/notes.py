"""What is known of a scenario because the suite itself did it."""

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import AwareDatetime

from support.history.calls import Call
from support.history.change import Index


@dataclass
class Notes:
    """What phrases keep for the observations while the scenario goes on.

    ``expected_errors`` are the server's errors that the situation was made for; ``deeds`` is what the suite, as somebody else,
    has done with the run's index, and ``meddled`` when that was no longer what the run had made, by the server's clock;
    ``no_entry`` is that with which it lets no worker in, if it does not. ``waited_together`` is
    True if two ADD INDEX of the run were seen to wait for the table at once.
    ``counters_set_back`` is when somebody set the server's statement counters back to nothing, by the server's clock.
    ``turned_down``: the API took no such run. ``unfit`` is why the table can't take the index; empty where it can.
    ``status_beside`` is the end of another run that was carried out at the same time; empty if there was none.
    ``claims_met``: claims that were let go together all waited for the run's row; None where nobody tried that.

    ``suite_calls`` are the suite's own calls to the API, ``suite_runs`` the runs that it scheduled besides, ``api_leases``
    the leases of APIs in seconds, by their numbers.
    """

    index_before: Index | None = None
    lease_end_before_takeover: datetime | None = None
    calls_before_takeover: list[Call] = field(default_factory=list)
    answer_to_same_id: str | None = None
    expected_errors: list[int] = field(default_factory=list)
    deeds: list[str] = field(default_factory=list)
    meddled: AwareDatetime | None = None
    no_entry: int | None = None
    waited_together: bool = False
    counters_set_back: AwareDatetime | None = None
    turned_down: bool = False
    unfit: str = ""
    status_beside: str = ""
    claims_met: bool | None = None
    suite_calls: list[Call] = field(default_factory=list)
    suite_runs: list[str] = field(default_factory=list)
    api_leases: dict[int, float] = field(default_factory=dict)
