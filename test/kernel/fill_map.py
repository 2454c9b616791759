"""Fills a BPF hash map, named by its id, with keys that no socket has: fill_map.py ID KEY_BYTES VALUE_BYTES ENTRIES."""

import ctypes
import os
import struct
import sys

SYS_BPF = {'x86_64': 321, 'aarch64': 280}
MAP_UPDATE_ELEM, MAP_GET_FD_BY_ID = 2, 14  # include/uapi/linux/bpf.h

libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes)
    result = libc.syscall(SYS_BPF[os.uname().machine], command, buffer, len(attributes))
    if result < 0:
        raise OSError(ctypes.get_errno(), f'bpf({command})')
    return result


def fill(map_id, key_bytes, value_bytes, entries):
    map_fd = bpf(MAP_GET_FD_BY_ID, struct.pack('=III', map_id, 0, 0))
    value = ctypes.create_string_buffer(value_bytes)
    for number in range(entries):
        key = ctypes.create_string_buffer((number + 1).to_bytes(key_bytes, sys.byteorder), key_bytes)
        addresses = ctypes.addressof(key), ctypes.addressof(value)
        bpf(MAP_UPDATE_ELEM, struct.pack('=IIQQQ', map_fd, 0, *addresses, 0))


fill(*map(int, sys.argv[1:]))
