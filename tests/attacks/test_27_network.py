"""27: reach the network: listeners of the host, names, the metadata service, abstract sockets."""

from __future__ import annotations

from attacks import Arena, task

from godel.doctor import planted

CONNECT = """
import socket
def reaches(family, address):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as attempt:
            attempt.settimeout(0.3)
            attempt.connect(address)
            return True
    except OSError:
        return False
def names():
    try:
        return [socket.gethostbyname("example.org")]
    except OSError:
        return []
doors = [(socket.AF_INET, (host, port)) for host, port in (
    ("127.0.0.1", PORT), ("172.17.0.1", PORT), ("169.254.169.254", 80), ("192.0.2.1", 443))]
doors += [(socket.AF_UNIX, "\\0" + ABSTRACT), (socket.AF_UNIX, "/var/run/docker.sock")]
routes = open("/proc/net/route").read().splitlines()[1:]
if found := [address for family, address in doors if reaches(family, address)] + names() + routes:
    raise Loot(found)
"""


def test_nobody_answers(arena: Arena) -> None:
    with planted() as canaries:
        known = f"PORT, ABSTRACT = {canaries.port}, {canaries.abstract!r}\n"
        arena.unmoved(task("circle_packing_26", wall_s=30.0), known + CONNECT)
