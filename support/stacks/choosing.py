"""The stack that the settings choose."""

from pathlib import Path

from support.settings import COMPOSE, EMBEDDED, EXTERNAL, Settings
from support.stacks.compose import ComposeStack
from support.stacks.embedded import EmbeddedStack
from support.stacks.external import ExternalStack
from support.stacks.stack import Stack
from support.stacks.warden import Warden

_KINDS: dict[str, type[Stack]] = {EMBEDDED: EmbeddedStack, COMPOSE: ComposeStack, EXTERNAL: ExternalStack}


def make_stack(settings: Settings, run_id: str, folder: Path, logs: Path, api_secret: str, warden: Warden) -> Stack:
    """The stack that the settings choose, running; parameters and errors are those of ``Stack``."""
    return _KINDS[settings.stack](settings, run_id, folder, logs, api_secret, warden)
