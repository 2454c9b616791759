/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Settings and maps: what user space sets before load, and what the programs keep. */
#ifndef TCPACCEPT_MAPS_H
#define TCPACCEPT_MAPS_H

#include "kernel.h"

#include "end.h"
#include "event.h"

enum { SELF_NONE, SELF_ALL, SELF_PORTS };

/* Which accepts are counted in summaries: none, those there is no ring space or no taker for, all of them. */
enum { SUMMARIZE_NEVER, SUMMARIZE_OVERLOAD, SUMMARIZE_ALL };

/* What a filter's set says of members it does not name; unused, the filter lets everything through. */
enum { SET_UNUSED, SET_KEEPS_OTHERS, SET_DROPS_OTHERS };

/* Fixed between open and load: branches they rule out are not even verified. */
const volatile u32 filter_pid = 0;	/* 0: every process; an id of the loading process's pid namespace */
const volatile bool filter_own = false; /* only the process that loaded us, whatever its id here is */
const volatile u16 filter_family = 0;	/* 0, AF_INET or AF_INET6: the socket's, as bcc's -4 and -6 */
const volatile bool filter_ports = false;
const volatile u64 wanted_ports[65536 / 64] = {}; /* of filter_ports: local ones, host order, a bit each */
const volatile bool filter_cgroups = false;
const volatile bool filter_mount_namespaces = false;
const volatile u8 filter_peers = SET_UNUSED;
const volatile u8 filter_locals = SET_UNUSED;
const volatile u8 filter_users = SET_UNUSED;
const volatile u8 filter_network_namespaces = SET_UNUSED;
/* How many of a filter's directories are which: those to keep come first. Both 0: the filter is not used. */
const volatile u32 cgroups_included = 0;
const volatile u32 cgroups_excluded = 0;
const volatile u32 containers_included = 0;
const volatile u32 containers_excluded = 0;
const volatile u8 self_mode = SELF_NONE; /* which of the loading process's own connections are never events */

const volatile u8 summaries = SUMMARIZE_NEVER;

const volatile bool connections = false; /* accepts are remembered until their connections end */

const volatile bool only_asleep = false; /* system calls' exits report nothing but accepts asleep at the start */

/* Function hooks and system calls' exits are both attached. Set by user space. */
bool settling = false;

/* Under SUMMARIZE_OVERLOAD: nobody takes records fast enough. Set by user space. */
bool overloaded = false;

/* Nobody looks into the rings until a record wakes them. Set by user space. */
bool reader_sleeps = false;

/* Of whatever is submitted to a ring. */
static __always_inline u64 submit_flags(void)
{
	return reader_sleeps ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

/* Which of the two sets of summaries is added to, its lowest bit; user space reads the other. Its rules: summary.h. */
volatile u32 summary_turn = 0;

/* Accepts of which user space took the counts out of the summaries. */
u64 summarized_accepts = 0;

/* When the turn of each set began, CLOCK_BOOTTIME. */
u64 turn_began_boot_ns[2] = {};

/* The turn whose ended set has been told of, where that outlives its reader: what is left of it need only be deleted. */
u32 settled_turn = 0;
u64 settled_accepts = 0; /* what summarized_accepts is by that; written before */

/* The reading process in the initial pid namespace, written once by remember_own_pid: it loaded us, or found us pinned. */
u32 own_pid = 0;

/* When it began, on the boot clock: pinned programs outlive it, and its id may be another's then. */
u64 own_started_ns = 0;

/* The loading process's pid namespace, 0 levels below the initial one or more; written with own_pid. */
u32 own_pid_level = 0;
u64 own_pid_namespace = 0; /* struct pid_namespace * */

/* The process filter_pid names, in the initial pid namespace; written by locate_process, 0 when there is none. */
u32 located_pid = 0;

/* What user space keeps for the process that reads next, where the maps are pinned: when the sequences began, on the
 * monotonic clock; what probes missed that are detached by now; and src/kernel/reader-notes.ts. */
u64 loaded_monotonic_ns = 0;
u64 settled_misses = 0;
u64 reader_notes[TCPACCEPT_NOTES] = {};

/* Of connections of our own, the client's ports, a bit each. A bit may stay set, but none of one in self_connections is clear. */
u64 self_client_ports[65536 / 64] = {};

/* Records on their way to user space. The kernel reserves, user space frees by moving the consumer position.
 * Full: the record is dropped and RING_FULL counts it. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 24);
} ring SEC(".maps");

struct per_cpu_counts {
	u64 counts[TCPACCEPT_COUNTERS];
	u64 next_sequence;
	u64 summarizing; /* programs on this CPU that may be adding to a summary right now */
	u64 unstamped;	 /* connections of which queue_stamp.h has no stamp */
};

/* One a CPU. Only ever added to, atomically: a program on a preemptible kernel may be interrupted by another. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct per_cpu_counts);
} counters SEC(".maps");

/* Ports of own connections that are never events (SELF_PORTS), host order. User space inserts before attach; the programs
 * look up. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u16);
	__type(value, u8);
} self_ports SEC(".maps");

/* cgroup v2 ids to keep. Replaced by the user's pinned map, with bcc's key and value sizes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, u64);
} cgroups SEC(".maps");

/* Mount-namespace inode numbers to keep. As `cgroups`. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, u32);
} mount_namespaces SEC(".maps");

/* As the kernel's struct bpf_lpm_trie_key: the bits of `address` that count, host order; the address, IPv4 mapped. */
struct address_range {
	u32 prefix_bits;
	u8 address[16];
};

/* The ranges of a filter by address -> whether they are kept; the longest that holds an address decides. User space
 * inserts before attach; the programs look up. */
struct address_ranges {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct address_range);
	__type(value, u8);
};
struct address_ranges peers SEC(".maps");
struct address_ranges locals SEC(".maps");

/* User ids or inode numbers of network namespaces -> whether they are kept. As `peers`. */
struct numbers {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, u8);
};
struct numbers users SEC(".maps");
struct numbers network_namespaces SEC(".maps");

/* cgroup v2 directories, which stand for all below them. As `peers`. */
struct directories {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, TCPACCEPT_DIRECTORIES);
	__type(key, u32);
	__type(value, u32);
};
struct directories cgroup_directories SEC(".maps");
struct directories container_directories SEC(".maps");

/* A connection waiting to be accepted; `socket` is 0 in a free slot. */
struct queue_stamp {
	u64 socket; /* struct sock * */
	u64 queued_boot_ns;
};

#define QUEUE_STAMPS_OF_A_SET 4
#define QUEUE_STAMP_SET_BITS  16

/* A cache line: values of an array that can be mapped begin on a page, those of others anywhere. */
struct queue_stamp_set {
	struct queue_stamp stamps[QUEUE_STAMPS_OF_A_SET];
};

/* Filled in queue_stamp.h when the handshake ends, emptied on accept or close. A full set gives up its oldest, which is
 * counted, and that accept has no queue duration: of 16,384 waiting at once three in 100,000, by calculation. 4 MiB. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << QUEUE_STAMP_SET_BITS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct queue_stamp_set);
} queued_at SEC(".maps");

/* struct sock * of an own connection between connect() and ESTABLISHED. Inserted and deleted in self.h. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, u8);
} self_connecting SEC(".maps");

/* The two ends of a connection as its client names them; IPv4 as ::ffff:a.b.c.d, ports in host order. */
struct connection_ends {
	u8 client_address[16];
	u8 server_address[16];
	u16 client_port;
	u16 server_port;
};

/* Own connections the other side has not accepted yet. Inserted in self.h when ESTABLISHED, which is before the other
 * side can accept; deleted when it does. Full: the oldest goes, which was to another host. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct connection_ends);
	__type(value, u8);
} self_connections SEC(".maps");

/* Thread id of an accept asleep when tracing began. Inserted by list_asleep, deleted when the call returns; empty means
 * the system calls' exits are no longer needed. Full: further sleepers' first accepts are not seen. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 20);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, u8);
} asleep SEC(".maps");

/* Thread id -> struct sock * a function hook reported last, while settling. Full: the oldest goes. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u32);
	__type(value, u64);
} reported SEC(".maps");

/* A request of io_uring as its submitter knows it. */
struct ring_request {
	u64 ring; /* struct io_ring_ctx * */
	u64 user_data;
};

/* -> struct io_kiocb * of an accept. Inserted when it is submitted, deleted when it is over. Full: the oldest goes, and
 * if it is a multishot accept, its further connections are not seen. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct ring_request);
	__type(value, u64);
} ring_accepts SEC(".maps");

/* Accepts counted instead of recorded, in two sets: summary.h adds to the one whose turn it is, user space empties the
 * other. Preallocated, so that what an attacker's many addresses cost is known; full: summary.h takes a coarser key. */
#define SUMMARIES(name, entries)                                                                                       \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_HASH);                                                                       \
		__uint(max_entries, entries);                                                                          \
		__type(key, struct tcpaccept_summary_key);                                                             \
		__type(value, struct tcpaccept_summary_counts);                                                        \
	} name SEC(".maps")
SUMMARIES(by_peer_0, 16384);
SUMMARIES(by_peer_1, 16384);
SUMMARIES(by_prefix_0, 4096);
SUMMARIES(by_prefix_1, 4096);
SUMMARIES(by_listener_0, 1024);
SUMMARIES(by_listener_1, 1024);

/* What no key had room for: one slot for each set. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct tcpaccept_summary_counts);
} by_nothing SEC(".maps");

struct remembered {
	u64 phase; /* of connection.h */
	struct tcpaccept_event accept;
};

/* struct sock * of a connection that is recorded and open -> the record of its accept. Inserted on accept, deleted when
 * it ends, both in connection.h. Preallocated, so that its cost is known; full: that connection's end is not seen. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TCPACCEPT_OPEN_CONNECTIONS);
	__type(key, u64);
	__type(value, struct remembered);
} open_connections SEC(".maps");

/* Ends of connections on their way to user space; the rules are those of `ring`. Full: ENDS_RING_FULL counts it. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 21);
} ends SEC(".maps");

struct per_cpu_connection_counts {
	u64 counts[TCPACCEPT_CONNECTION_COUNTERS];
};

/* As `counters`. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct per_cpu_connection_counts);
} connection_counters SEC(".maps");

static __always_inline struct per_cpu_counts *this_cpu_counts(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

static __always_inline void count(struct per_cpu_counts *counts, enum tcpaccept_counter counter)
{
	__sync_fetch_and_add(&counts->counts[counter], 1);
}

#endif
