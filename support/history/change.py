"""The approved change, as it is handed to the executor, and the index that comes of it."""

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from support.contract import ADD_INDEX

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


@dataclass
class RunSpec:
    """An approved change: what the execution run is to do. ``columns`` are ``name`` or ``name(prefix)``.

    ``index_type`` is the contract's optional field for indexes that are not plain: ``FULLTEXT`` or ``SPATIAL``. Any other
    ``action`` is one that an executor has to refuse. ``empty_list``: a run without digests says so by a list and not by NULL.
    """

    id: str
    connection_id: str
    index_name: str
    table_name: str
    columns: list[str]
    query_digests: list[str] = field(default_factory=list)
    index_type: str | None = None
    action: str = ADD_INDEX
    empty_list: bool = False

    @property
    def has_plain_names(self) -> bool:
        """Its identifiers are ones that no executor may turn down."""
        return all(PLAIN_NAME.fullmatch(name) for name in (self.table_name, self.index_name))

    def body(self) -> dict[str, Any]:
        """The request body of ``POST /api/executions``."""
        body = asdict(self) | {"query_digests": self.query_digests or ([] if self.empty_list else None)}
        del body["empty_list"]
        if self.index_type is None:
            del body["index_type"]
        return body


@dataclass(frozen=True)
class Index:
    """An index as information_schema shows it. ``columns`` are as in the contract: ``name`` or ``name(prefix)``."""

    table: str
    name: str
    columns: tuple[str, ...]
    unique: bool
    kind: str

    def __str__(self) -> str:
        return f"index {self.name} on {self.table} ({', '.join(self.columns)}){' UNIQUE' if self.unique else ''} {self.kind}"
