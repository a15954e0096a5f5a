"""The kinds of stacks, and the one that the settings choose."""

from pathlib import Path

from support.settings import COMPOSE, EMBEDDED, EXTERNAL, Settings
from support.stacks.compose import ComposeStack
from support.stacks.embedded import EmbeddedStack, NamedServerStack
from support.stacks.external import ExternalStack
from support.stacks.stack import Stack
from support.stacks.warden import Warden


def make_stack(settings: Settings, run_id: str, folder: Path, logs: Path, api_secret: str, warden: Warden) -> Stack:
    """The stack that the settings choose, running; parameters and errors are those of ``Stack``."""
    embedded = NamedServerStack if settings.mysql_host else EmbeddedStack
    kinds: dict[str, type[Stack]] = {EMBEDDED: embedded, COMPOSE: ComposeStack, EXTERNAL: ExternalStack}
    return kinds[settings.stack](settings, run_id, folder, logs, api_secret, warden)
