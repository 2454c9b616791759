"""Accepts TCP connections on several listeners, one thread each, and knows of every accept what the kernel told it.

argv[1] is JSON: {"listeners": [[family, address, backlog]], "userId"}. An inet6 listener is dual-stack; `userId` is the
effective user to become, or null. The first line of stdout says who this is and where it listens. Then, for each number
read from stdin, there is one line with all accepts so far, as soon as they are that many or 100 seconds later, or after `#` with their
count only; stdin's end ends the process.
Every client is sent a byte once it is accepted. Times are nanoseconds as text: JavaScript's numbers do not hold them.
"""

import ctypes
import json
import os
import socket
import struct
import sys
import threading
import time

SO_COOKIE = 57  # include/uapi/asm-generic/socket.h
PR_SET_NAME = 15
PATIENCE_SECONDS = 100
FAMILIES = {'inet': socket.AF_INET, 'inet6': socket.AF_INET6}

libc = ctypes.CDLL(None, use_errno=True)
facts = []
grown = threading.Condition()


def listen(family, address, backlog):
    listener = socket.socket(FAMILIES[family])
    if family == 'inet6':
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind((address, 0))
    listener.listen(backlog)
    return listener


def accept_forever(listener, number):
    thread_name = f'acceptor-{number}'
    libc.prctl(PR_SET_NAME, thread_name.encode(), 0, 0, 0)
    tid = threading.get_native_id()
    while True:
        before = time.time_ns()
        accepted, peer = listener.accept()
        after = time.time_ns()
        local = accepted.getsockname()
        cookie = struct.unpack('=Q', accepted.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))[0]
        with grown:
            facts.append({
                'listener': number,
                'tid': tid,
                'threadName': thread_name,
                'peerAddress': peer[0],
                'peerPort': peer[1],
                'localAddress': local[0],
                'localPort': local[1],
                'cookie': str(cookie),
                'before': str(before),
                'after': str(after),
            })
            grown.notify()
        try:
            accepted.send(b'!')
        except OSError:
            pass  # its client has left already
        accepted.close()


arguments = json.loads(sys.argv[1])
listeners = [listen(*listener) for listener in arguments['listeners']]
description = {
    'pid': os.getpid(),
    'networkNamespace': os.stat('/proc/self/ns/net').st_ino,
    'mountNamespace': os.stat('/proc/self/ns/mnt').st_ino,
    'executable': os.readlink('/proc/self/exe'),
    'ports': [listener.getsockname()[1] for listener in listeners],
}
if arguments['userId'] is not None:
    os.seteuid(arguments['userId'])
for number, listener in enumerate(listeners):
    threading.Thread(target=accept_forever, args=(listener, number), daemon=True).start()
print(json.dumps({**description, 'userId': os.geteuid()}), flush=True)

for line in sys.stdin:
    with grown:
        grown.wait_for(lambda: len(facts) >= int(line.lstrip('#')), PATIENCE_SECONDS)
        print(len(facts) if line.startswith('#') else json.dumps(facts), flush=True)
