# Builds what npm cannot: the BPF programs, libbpf, the addon. `setup/run` installs what this needs and calls it.
#
# libbpf is built from Debian's source package and linked in, position-independent and with hidden symbols: hosts have
# different libbpfs or none, and Debian's own libbpf.a is not position-independent. libelf and zlib, which every Debian
# has and whose ABI is old and stable, stay shared (libelf.a uses thread-local storage that a shared object cannot).

HOST := $(shell uname -m)
# `make MACHINE=aarch64 build/aarch64/tcpaccept.node` builds for arm64 elsewhere; $(MACHINE) is as `uname -m` says it.
MACHINE ?= $(HOST)
ARCH := $(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(MACHINE)))
CLANG ?= clang
ifeq ($(MACHINE),$(HOST))
B := build
CXX := g++
KERNEL_INCLUDES := /usr/include/$(MACHINE)-linux-gnu
LIBRARIES := -lelf -lz
else
B := build/$(MACHINE)
CXX := $(MACHINE)-linux-gnu-g++
KERNEL_INCLUDES := /usr/$(MACHINE)-linux-gnu/include
SYSROOT = $(shell setup/$(ARCH)-packages.sh libelf-dev libelf1 zlib1g-dev zlib1g)
# By their own names: the development packages' links lead to the host's root.
LIBRARIES = -L$(SYSROOT)/usr/lib/$(MACHINE)-linux-gnu -L$(SYSROOT)/lib/$(MACHINE)-linux-gnu -l:libelf.so.1 -l:libz.so.1
endif
L := $(B)/libbpf

WARNINGS := -Wall -Wextra -Werror
BPF_FLAGS := -g -O2 $(WARNINGS) -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) -I$(L)/include -I$(KERNEL_INCLUDES)
CXX_FLAGS := -std=c++20 -O2 -g $(WARNINGS) -fPIC -fvisibility=hidden -DNAPI_CPP_EXCEPTIONS -DNODE_ADDON_API_DISABLE_DEPRECATED \
  -isystem node_modules/node-addon-api -isystem node_modules/node-api-headers/include -isystem $(L)/include -I$(B)
LINK_FLAGS := -shared -static-libgcc -static-libstdc++ -Wl,--exclude-libs,ALL -Wl,--no-undefined-version \
  -Wl,--wrap=bpf_btf_get_next_id -Wl,--wrap=btf__load_vmlinux_btf

NATIVE := $(wildcard native/*.cc)
OBJECTS := $(NATIVE:native/%.cc=$(B)/native/%.o)

.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all
all: $(B)/tcpaccept.node $(B)/dist.stamp

$(L)/libbpf.a: setup/libbpf.sh
	setup/libbpf.sh $(abspath $(L)) $(MACHINE)

$(B)/accept.bpf.o: $(wildcard bpf/*.h bpf/*.c) $(L)/libbpf.a
	$(CLANG) $(BPF_FLAGS) -c bpf/accept.bpf.c -o $@
	llvm-strip -g $@

$(B)/accept.skel.h: $(B)/accept.bpf.o
	bpftool gen skeleton $< name accept_bpf > $@

$(B)/native/%.o: native/%.cc $(wildcard native/*.h) bpf/event.h bpf/end.h bpf/listener.h $(B)/accept.skel.h node_modules/.package-lock.json
	@mkdir -p $(@D)
	$(CXX) $(CXX_FLAGS) -c $< -o $@

$(B)/tcpaccept.node: $(OBJECTS) $(L)/libbpf.a
	$(CXX) $(LINK_FLAGS) $^ $(LIBRARIES) -o $@

$(B)/dist.stamp: $(shell find src -name '*.ts') tsconfig.json tsconfig.build.json setup/bundle.ts setup/third-party-notices.ts setup/libbpf-license.txt node_modules/.package-lock.json
	rm -rf dist
	$(B)/node node_modules/typescript/bin/tsc -p tsconfig.build.json
	$(B)/node setup/bundle.ts
	@touch $@

# What benches time, and what asks a server at a fixed rate.
$(B)/bench/timed-server: bench/accept-cost/timed-server.c
$(B)/bench/paced-client: bench/nginx/paced-client.c
$(B)/bench/timed-server $(B)/bench/paced-client:
	@mkdir -p $(@D)
	gcc -O2 $(WARNINGS) $< -o $@

# Programs that benches compare with these: only the object that holds their bytes differs. Their maps must be the same.
V := $(B)/variants
$(V)/%/tcpaccept.node: $(V)/%/bpf/accept.bpf.c $(B)/tcpaccept.node
	$(CLANG) $(BPF_FLAGS) -Wno-unused -Wno-unused-parameter -c $< -o $(@D)/accept.bpf.o
	llvm-strip -g $(@D)/accept.bpf.o
	bpftool gen skeleton $(@D)/accept.bpf.o name accept_bpf > $(@D)/accept.skel.h
	$(CXX) -I$(@D) $(CXX_FLAGS) -c native/programs.cc -o $(@D)/programs.o
	$(CXX) $(LINK_FLAGS) $(filter-out %/programs.o,$(OBJECTS)) $(@D)/programs.o $(L)/libbpf.a $(LIBRARIES) -o $@

# What makes the connections of test/kernel and test/vm; every x86_64 gcc builds 32-bit code that needs no libc.
W := $(B)/workload
.PHONY: workload
workload: $(W)/workload $(if $(filter x86,$(ARCH)),$(W)/workload-i386)

$(W)/workload: $(filter-out test/workload/i386-acceptor.c,$(wildcard test/workload/*.c)) test/workload/workload.h
	@mkdir -p $(@D)
	gcc -O2 $(WARNINGS) -pthread $(filter %.c,$^) -o $@

$(W)/workload-i386: test/workload/i386-acceptor.c
	@mkdir -p $(@D)
	gcc -m32 -O2 $(WARNINGS) -nostdlib -static -ffreestanding -fno-pie -no-pie -fno-stack-protector $< -o $@
