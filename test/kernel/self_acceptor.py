"""A process that accepts its own connections, so that it needs nobody else in its network namespace.

Says {"ports": {"inet": PORT, "inet6": PORT}} of its listeners, the inet6 one dual-stack. Then a line
{"user": EFFECTIVE_ID, "connections": [[LISTENER, FROM, TO], ...]} is answered with [[CLIENT_PORT, LOCAL_PORT], ...].
"""

import fcntl
import json
import os
import socket
import struct
import sys

SIOCSIFFLAGS = 0x8914
IFF_UP = 1


def raise_loopback():
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack('16sH22x', b'lo', IFF_UP))


def listen(family, address):
    listener = socket.socket(family)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind((address, 0))
    listener.listen(1)
    return listener


def connect_and_accept(listener, source, destination):
    client = socket.socket(socket.AF_INET6 if ':' in destination else socket.AF_INET)
    # Without TIME_WAIT, so that ports do not run out.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    client.bind((source, 0))
    client.connect((destination, listener.getsockname()[1]))
    accepted, _ = listener.accept()
    ports = [client.getsockname()[1], listener.getsockname()[1]]
    client.close()
    accepted.close()
    return ports


raise_loopback()
listeners = {'inet': listen(socket.AF_INET, '0.0.0.0'), 'inet6': listen(socket.AF_INET6, '::')}
print(json.dumps({'ports': {name: listener.getsockname()[1] for name, listener in listeners.items()}}), flush=True)
for line in sys.stdin:
    command = json.loads(line)
    os.seteuid(command['user'])
    made = [connect_and_accept(listeners[name], *addresses) for name, *addresses in command['connections']]
    os.seteuid(0)
    print(json.dumps(made), flush=True)
