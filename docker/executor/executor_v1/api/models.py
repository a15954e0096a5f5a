"""Bodies of requests. Types are strict (the text "false" is no boolean) and unknown members are ignored."""

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from executor_v1.vocabulary import LEASE_SECONDS_MAX, LEASE_SECONDS_MIN, MAX_DIGESTS

# A TEXT column holds 65,535 bytes and a character takes up to four of them.
TEXT_LENGTH = 16_000
DETAILS_LENGTH = 1_000_000

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{32,64}$")]
Text = Annotated[str, Field(max_length=TEXT_LENGTH)]
NonEmptyText = Annotated[str, Field(min_length=1, max_length=TEXT_LENGTH)]
Status = Literal["scheduled", "running", "completed", "failed", "rolled_back", "requires_manual"]
FailReason = Literal["kill_switch", "execution_error", "verification_failed", "validation_error", "out_of_scope"]


def storable(value: Any) -> Any:
    """Refuse what is no JSON (NaN, infinities), no Unicode (half a surrogate pair) or too much of it."""
    if len(json.dumps(value, allow_nan=False, ensure_ascii=False).encode()) > DETAILS_LENGTH:
        raise ValueError(f"longer than {DETAILS_LENGTH} bytes")
    return value


Object = Annotated[dict[str, Any], AfterValidator(storable)]


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class NewExecution(Body):
    """An approved change. Whether names and columns make sense is for the agent to say, who knows the server."""

    id: Identifier
    connection_id: Identifier
    action: Annotated[str, Field(min_length=1, max_length=64)]
    table_name: Name
    index_name: Name
    index_type: Literal["BTREE", "FULLTEXT", "SPATIAL"] = "BTREE"
    columns: Annotated[list[Name], Field(min_length=1, max_length=64)]
    query_digests: Annotated[list[Digest], Field(max_length=MAX_DIGESTS)] | None = None

    @model_validator(mode="after")
    def no_duplicates(self) -> "NewExecution":
        for values in (self.columns, self.query_digests or []):
            if len(set(values)) != len(values):
                raise ValueError("columns and query_digests must not repeat an entry")
        return self


class Claim(Body):
    """`claim_token` lets a worker choose its token, so that a claim whose answer was lost can be sent again."""

    worker_id: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    lease_seconds: Annotated[float, Field(ge=LEASE_SECONDS_MIN, le=LEASE_SECONDS_MAX)] | None = None
    claim_token: Annotated[str, Field(pattern=r"^[0-9a-f]{32,128}$")] | None = None


class StatusChange(Body):
    status: Status
    fail_reason: FailReason | None = None
    message: Text | None = None
    error_message: Text | None = None


class Progress(Body):
    """How far the worker came, and all that a successor has to know; replaces what was recorded before."""

    phase: Literal["adding", "index_added", "rolling_back"]
    progress: Object


class KillSwitch(Body):
    """Without a connection_id, or with the reserved "*", the global switch."""

    connection_id: Identifier | Literal["*"] | None = None
    active: bool
    reason: Annotated[str, Field(max_length=255)] | None = None


class Rollback(Body):
    execution_run_id: Identifier
    rollback_type: Literal["auto", "manual"]
    trigger_reason: NonEmptyText
    rollback_sql: NonEmptyText
    status: Literal["pending", "completed", "failed"]


class AuditEntry(Body):
    """`timestamp` is the worker's own clock, kept among the details; the row's time is the database's."""

    execution_run_id: Identifier
    action: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    old_status: Status | None = None
    new_status: Status | None = None
    details: Object | Text | None = None
    timestamp: Annotated[str, Field(max_length=64)] | None = None
