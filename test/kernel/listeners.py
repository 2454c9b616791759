"""Opens listeners of many kinds, some of them in a child process, and says on stdout as JSON what each should look like.

Ends when stdin does. Run with `inherited` as the argument, the child has the same listeners and opens none.
"""

import json
import os
import socket
import sys

IPPROTO_MPTCP = 262


def listen(family, address, backlog, *, v6only=None, reuseport=False, protocol=0, port=0):
    listener = socket.socket(family, socket.SOCK_STREAM, protocol)
    if v6only is not None:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    if reuseport:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((address, port))
    listener.listen(backlog)
    return listener


def fill(listener, connections):
    return [socket.create_connection(listener.getsockname()[:2]) for _ in range(connections)]


kept = {
    "ipv4": listen(socket.AF_INET, "127.0.0.1", 77),
    "dual-stack": listen(socket.AF_INET6, "::", 5, v6only=0),
    "ipv6 only": listen(socket.AF_INET6, "::1", 6, v6only=1),
    "mapped": listen(socket.AF_INET6, "::ffff:127.0.0.1", 8, v6only=0),
    "mptcp": listen(socket.AF_INET, "127.0.0.1", 9, protocol=IPPROTO_MPTCP),
    "group one": listen(socket.AF_INET, "127.0.0.1", 10, reuseport=True),
}
group_port = kept["group one"].getsockname()[1]
kept["group two"] = listen(socket.AF_INET, "127.0.0.1", 11, reuseport=True, port=group_port)
kept["group of one"] = listen(socket.AF_INET, "127.0.0.1", 12, reuseport=True)
queued = fill(kept["ipv4"], 3)
duplicate = os.dup(kept["ipv4"].fileno())

child = os.fork()
if child == 0:
    if sys.argv[1:] != ["inherited"]:
        for listener in kept.values():
            listener.close()
        os.close(duplicate)
    sys.stdin.read()
    os._exit(0)

network_namespace = os.stat("/proc/self/ns/net").st_ino
facts = {name: {"port": listener.getsockname()[1], "descriptor": listener.fileno()} for name, listener in kept.items()}
print(json.dumps({"pid": os.getpid(), "child": child, "network_namespace": network_namespace, "listeners": facts}), flush=True)
sys.stdin.read()
os.waitpid(child, 0)
