"""Connects to listeners in turn, as fast as it can or one after the other, and says what it saw of each connection.

argv[1] is JSON: {"targets": [[address, port]], "count", "awaits", "perSecond"?}. With `awaits`, a connection is over when a byte has come
from the other side, which has then accepted it; without, it is reset as soon as it is made, but for every 500th to each
target: a client that fills a queue believes to be connected, and nobody ever accepts it. Once `count` are over, stdout
has one line about all of them; with `count` null this goes on until it is killed. With `perSecond` it makes so many a second, at more than 200 in bursts. Times are nanoseconds as text.
"""

import itertools
import json
import socket
import struct
import sys
import time

BURSTS_A_SECOND = 200
MOST_AHEAD = 500
NO_LINGER = struct.pack('ii', 1, 0)  # a reset leaves no TIME_WAIT, on neither side, so that ports do not run out


def connect(target, awaits):
    address, port = target
    client = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    before = time.time_ns()
    client.connect((address, port))
    if awaits and client.recv(1) != b'!':
        sys.exit('connection ended without being accepted')
    after = time.time_ns()
    own = client.getsockname()
    client.close()
    return {
        'peerAddress': own[0],
        'peerPort': own[1],
        'localAddress': address,
        'localPort': port,
        'before': str(before),
        'after': str(after),
    }


def paced(targets, per_second):
    started = time.monotonic()
    burst = max(1, per_second // BURSTS_A_SECOND)
    for number, target in enumerate(targets):
        if number % burst == 0:
            time.sleep(max(0, started + number / per_second - time.monotonic()))
        yield target


arguments = json.loads(sys.argv[1])
targets = itertools.islice(itertools.cycle(arguments['targets']), arguments['count'])
if 'perSecond' in arguments:
    targets = paced(targets, arguments['perSecond'])
# Of every 500 rounds through the targets the last one.
awaits = (arguments['awaits'] or number // len(arguments['targets']) % MOST_AHEAD == MOST_AHEAD - 1 for number in itertools.count())
if arguments['count'] is None:
    for target in targets:
        connect(target, next(awaits))
print(json.dumps([connect(target, next(awaits)) for target in targets]))
