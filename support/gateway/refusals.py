"""Refused connections, which nobody sees at the port itself: the kernel counts them."""


def refused_connections(counters: str = "/proc/net/snmp") -> int:
    """How many connections a kernel's network has seen refused (Linux: ``Tcp: AttemptFails``).

    :param counters: the file with its counters; that of a process in another network is ``/proc/<pid>/net/snmp``.
    """
    with open(counters, encoding="ascii") as lines:
        names, values = (line.split() for line in lines if line.startswith("Tcp:"))
    return int(values[names.index("AttemptFails")])
