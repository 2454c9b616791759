"""A process whose accepts are known from its own side: does what stdin says and answers on stdout, a JSON object a line.

A command is {"id", "do", ...arguments}; its answer {"id", ...facts} or {"id", "error"}. With "thread" it runs in a thread
of that name, which says {"id", "tid"} before it begins; without, in the main thread. Process and thread ids are those of
the pid namespace of the mounted /proc. Times are nanoseconds as text: JavaScript's numbers do not hold them.
"""

import ctypes
import errno
import json
import os
import resource
import select
import socket
import struct
import sys
import threading
import time

SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_COOKIE = 26, 27, 57  # include/uapi/asm-generic/socket.h
RETURN_CONSTANT = 0x06  # BPF_RET | BPF_K, include/uapi/linux/bpf_common.h
QUEUED_IN_TCP_INFO = 24  # struct tcp_info, include/uapi/linux/tcp.h: tcpi_unacked, which a listener has it in
RTT_IN_TCP_INFO = 68
OPTIONS_IN_TCP_INFO = 5
RETRANSMITS_IN_TCP_INFO = 100
PIECE_BYTES = 8192
MOST_AHEAD = 500
SYN_DATA_TAKEN = 32
PR_SET_NAME = 15
FAMILIES = {'inet': socket.AF_INET, 'inet6': socket.AF_INET6, 'unix': socket.AF_UNIX}

libc = ctypes.CDLL(None, use_errno=True)
sockets = {}
answering = threading.Lock()


def say(facts):
    with answering:
        print(json.dumps(facts), flush=True)


def host_tid():
    return int(os.readlink('/proc/thread-self').split('/')[-1])


def clocks():
    kinds = {'boot': time.CLOCK_BOOTTIME, 'monotonic': time.CLOCK_MONOTONIC, 'unix': time.CLOCK_REALTIME}
    return {name: str(time.clock_gettime_ns(kind)) for name, kind in kinds.items()}


def keep(opened):
    sockets[opened.fileno()] = opened
    return opened.fileno()


def describe():
    namespaces = {name: os.stat(f'/proc/self/ns/{name}').st_ino for name in ('net', 'mnt', 'pid')}
    return {'pid': int(os.readlink('/proc/self')), 'ownPid': os.getpid(), 'userId': os.getuid(), 'namespaces': namespaces, 'now': clocks()}


def listen(family, address='', backlog=128, protocol=0, fast_open=False):
    """An inet6 listener is dual-stack. With fast_open it takes data in a SYN, in a network namespace of our own only."""
    listener = socket.socket(FAMILIES[family], socket.SOCK_STREAM, protocol)
    if family == 'inet6':
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind('' if family == 'unix' else (address, 0))
    if fast_open:
        allow_fast_open()
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, backlog)
    listener.listen(backlog)
    name = listener.getsockname()
    return {'listener': keep(listener), 'port': 0 if family == 'unix' else name[1]}


def call_accept(listener, call):
    """The descriptor, or minus errno. 'accept' and 'accept4' are the system calls of these names."""
    flags = (socket.SOCK_CLOEXEC,) if call == 'accept4' else ()
    descriptor = getattr(libc, call)(listener, None, None, *flags)
    return descriptor if descriptor >= 0 else -ctypes.get_errno()


def rtt_us(tcp_socket):
    tcp_info = tcp_socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, RTT_IN_TCP_INFO + 4)
    return struct.unpack_from('=I', tcp_info, RTT_IN_TCP_INFO)[0]


def facts_of(descriptor, before):
    after = clocks()
    accepted = socket.socket(fileno=descriptor)
    return {
        'descriptor': keep(accepted),
        'tid': host_tid(),
        'cookie': str(struct.unpack('=Q', accepted.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))[0]),
        'rttUs': 0 if accepted.family == socket.AF_UNIX else rtt_us(accepted),
        'before': before,
        'after': after,
    }


def accept(listener, count=1, call='accept4', blocking=True):
    """Calls accept `count` times; a failed call is an errno name in `failed`."""
    accepted, failed = [], []
    if not blocking:
        os.set_blocking(listener, False)
    for _ in range(count):
        before = clocks()
        descriptor = call_accept(listener, call)
        if descriptor < 0:
            failed.append(errno.errorcode[-descriptor])
        else:
            accepted.append(facts_of(descriptor, before))
    return {'accepted': accepted, 'failed': failed}


def accept_ready(listener, count):
    """As event loops do: accepts until EAGAIN, then waits for readiness, until `count` are there."""
    os.set_blocking(listener, False)
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    accepted, failed = [], []
    while len(accepted) < count:
        before = clocks()
        descriptor = call_accept(listener, 'accept4')
        if descriptor >= 0:
            accepted.append(facts_of(descriptor, before))
            continue
        failed.append(errno.errorcode[-descriptor])
        poll.poll()
    return {'accepted': accepted, 'failed': failed}


def await_queued(listener, count):
    """Until so many wait to be accepted: a client may know before the listener does that its handshake is over."""
    while True:
        tcp_info = sockets[listener].getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, QUEUED_IN_TCP_INFO + 4)
        if struct.unpack_from('=I', tcp_info, QUEUED_IN_TCP_INFO)[0] >= count:
            return {'now': clocks()}
        time.sleep(0.001)


def serve(listener, count, cpu=None):
    """Accepts and resets `count` connections as fast as it can."""
    if cpu is not None:
        os.sched_setaffinity(0, [cpu])
    for _ in range(count):
        accepted, _ = sockets[listener].accept()
        reset(accepted)
    return {}


def reset(opened):
    """Closes without TIME_WAIT, so that ports do not run out."""
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    opened.close()


def connect(family, address, ports, count=1, source_port=0, protocol=0, awaits=False):
    """Opens and resets `count` connections to each port in turn; their own ports, in order. With `awaits` the server does.

    Every 500th does: a client that fills a queue believes to be connected, and nobody ever accepts it.
    """
    made = []
    for number in range(1, count + 1):
        for port in ports:
            client = socket.socket(FAMILIES[family], socket.SOCK_STREAM, protocol)
            if source_port:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            client.bind((address, source_port))
            made.append([client.getsockname()[1], port])
            try:
                client.connect((address, port))
                if awaits or number % MOST_AHEAD == 0:
                    client.recv(1)
            except ConnectionResetError:
                pass  # accepted and reset by the server before this process ran again
            reset(client)
    return {'made': made}


def allow_fast_open():
    """As client and server: 3 of Documentation/networking/ip-sysctl.rst."""
    with open('/proc/sys/net/ipv4/tcp_fastopen', 'w') as setting:
        setting.write('3')


def connect_and_stay(address, port, protocol=0, fast_open=False):
    """One IPv4 connection that stays open, its own port, and when it was begun."""
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol)
    before = clocks()
    if fast_open:
        client.sendto(b'hello', socket.MSG_FASTOPEN, (address, port))
    else:
        client.connect((address, port))
    tcp_info = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, OPTIONS_IN_TCP_INFO + 1)
    facts = {'port': client.getsockname()[1], 'synDataTaken': bool(tcp_info[OPTIONS_IN_TCP_INFO] & SYN_DATA_TAKEN)}
    return {**facts, 'descriptor': keep(client), 'before': before}


def unix_pair(listener):
    client = socket.socket(socket.AF_UNIX)
    client.connect(sockets[listener].getsockname())
    keep(client)
    return accept(listener)


def udp_exchange():
    one, other = socket.socket(type=socket.SOCK_DGRAM), socket.socket(type=socket.SOCK_DGRAM)
    one.bind(('127.0.0.1', 0))
    other.connect(one.getsockname())
    other.send(b'hello')
    return {'received': one.recv(5).decode(), **accept(keep(one))}


def close(descriptor):
    sockets.pop(descriptor).close()
    return {}


def transfer(sender, receiver, size):
    """Sends so many bytes from one end of a connection to the other, each piece received before the next."""
    for begin in range(0, size, PIECE_BYTES):
        sockets[sender].sendall(b'x' * min(PIECE_BYTES, size - begin))
        receive(receiver, min(PIECE_BYTES, size - begin))
    return {}


def send(descriptor, size):
    sockets[descriptor].sendall(b'x' * size)
    return {}


def receive(descriptor, size):
    while size > 0:
        size -= len(sockets[descriptor].recv(size))
    return {}


def shut(descriptor):
    """Sends a FIN, and goes on receiving."""
    sockets[descriptor].shutdown(socket.SHUT_WR)
    return {}


def abort(descriptor):
    reset(sockets.pop(descriptor))
    return {}


def await_end(descriptor):
    """Until the other side sends no more: 'fin', or the errno name that says so."""
    try:
        while sockets[descriptor].recv(PIECE_BYTES):
            pass
        return {'end': 'fin'}
    except OSError as error:
        return {'end': errno.errorcode[error.errno]}


def set_deaf(descriptor, is_deaf):
    """A filter that keeps no byte of any packet: all that comes to this socket is lost before TCP sees it."""
    instruction = ctypes.create_string_buffer(struct.pack('=HBBI', RETURN_CONSTANT, 0, 0, 0))
    program = struct.pack('@HP', 1, ctypes.addressof(instruction))
    option, value = (SO_ATTACH_FILTER, program) if is_deaf else (SO_DETACH_FILTER, b'\0\0\0\0')
    sockets[descriptor].setsockopt(socket.SOL_SOCKET, option, value)
    return {}


def give_up_after(descriptor, millis):
    sockets[descriptor].setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, millis)
    return {}


def retransmits(descriptor, least=0):
    """How many segments were sent again, once there are so many."""
    while True:
        tcp_info = sockets[descriptor].getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, RETRANSMITS_IN_TCP_INFO + 4)
        (segments,) = struct.unpack_from('=I', tcp_info, RETRANSMITS_IN_TCP_INFO)
        if segments >= least:
            return {'segments': segments}
        time.sleep(0.01)


def limit_descriptors(exhausted):
    """Whether the next descriptor is one too many."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limit = hard
    if exhausted:
        limit = os.dup(0)
        os.close(limit)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return {}


def become(user_id):
    """The effective user only: the real one stays."""
    os.seteuid(user_id)
    return {}


COMMANDS = [describe, listen, accept, accept_ready, await_queued, serve, connect, connect_and_stay, unix_pair, udp_exchange]
COMMANDS += [transfer, send, receive, shut, abort, await_end, set_deaf, give_up_after, retransmits]
COMMANDS += [close, limit_descriptors, become]
COMMANDS = {command.__name__: command for command in COMMANDS}


def answer(number, do, arguments):
    try:
        say({'id': number, **COMMANDS[do](**arguments)})
    except OSError as error:
        say({'id': number, 'error': f'{do}: {error}'})


def answer_in_thread(number, do, arguments, name):
    libc.prctl(PR_SET_NAME, name.encode(), 0, 0, 0)
    say({'id': number, 'tid': host_tid()})
    answer(number, do, arguments)


for line in sys.stdin:
    command = json.loads(line)
    number, do, thread = command.pop('id'), command.pop('do'), command.pop('thread', None)
    if thread is None:
        answer(number, do, command)
    else:
        threading.Thread(target=answer_in_thread, args=(number, do, command, thread), daemon=True).start()
