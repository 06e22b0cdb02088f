# The benchmarks; make -f tests/bench/bench.mk TARGET, or included by the project's Makefile. Targets:
#   bench            builds all, runs all (run.sh says by which variables it runs less: ROUNDS, SUITES, WORKLOADS, PEERS,
#                    WORKERS, DIVIDE, BENCH_SECONDS), makes $(BUILD)/bench/results.tsv, results.md, and pictures
#   bench-deps       installs what the peers need
#   bench-build      airrt's own programs, in $(BUILD)
#   bench-peers      the peers whose toolchain is present, in $(BUILD)/bench; the others are named
#   bench-check      what has become slower than tests/bench/baseline.tsv: ratios of $(BUILD)/bench/results.tsv, and
#                    instructions, which it counts
#   bench-baseline   makes that file from the same
#   bench-readme     brings the last results into README.md and tests/bench/pictures
# Variables: BUILD, CC, CXX, BENCH_CFLAGS.
BUILD ?= build
BENCH_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
BENCH_ROOT := $(BENCH_DIR)/../..
BENCH_PEERS := $(BENCH_DIR)/peers
BENCH_OUT = $(BUILD)/bench
BENCH_JOBS ?= $(shell nproc 2>/dev/null || echo 2)
BENCH_OPT = -O3 -march=native -pthread
BENCH_WARN = -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
BENCH_CFLAGS ?= -std=c11 $(BENCH_OPT) $(BENCH_WARN) $(if $(STB_DIR),-isystem $(STB_DIR))

# What is here: a program in the path, or a header that the compiler finds.
bench_has = $(shell command -v $(1) >/dev/null 2>&1 && echo yes)
bench_has_header = $(shell $(1) -include $(2) -fsyntax-only /dev/null >/dev/null 2>&1 && echo yes)
BENCH_C_HEADER = $(call bench_has_header,$(CC) -x c,$(1))
BENCH_CXX_HEADER = $(call bench_has_header,$(CXX) -x c++ -std=c++17,$(1))

# Tokio comes as sources; Debian's compiler is the one they are packaged for. Not with the user's cargo settings.
BENCH_CRATES = /usr/share/cargo/registry
BENCH_CARGO = $(firstword $(wildcard /usr/bin/cargo) cargo)
BENCH_RUSTC = $(firstword $(wildcard /usr/bin/rustc) rustc)

export ROUNDS SUITES WORKLOADS PEERS WORKERS DIVIDE BENCH_SECONDS

bench-build: $(patsubst %,$(BUILD)/bench_%,actors queues monitor supervisor broker)
# The headers are looked for only when this target is asked for: hence a second make.
bench-peers: | $(BENCH_OUT)
	@$(MAKE) --no-print-directory -k -f $(BENCH_DIR)/bench.mk bench-peers-found BUILD=$(BUILD) || \
	    echo "some peers could not be built; they are left out"
# The results are shown and the pictures drawn whatever failed; what failed decides the status.
bench: | $(BENCH_OUT)
	@echo 'building'
	+@$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(BENCH_JOBS)) bench-build bench-peers >$(BUILD)/bench.log 2>&1 || \
	    { tail -n 30 $(BUILD)/bench.log; false; }
	@grep -E '^skipped|could not be built' $(BUILD)/bench.log || true
	@CC='$(CC)' CXX='$(CXX)' BENCH_CFLAGS='$(BENCH_CFLAGS)' $(BENCH_DIR)/run.sh $(BUILD); status=$$?; \
	$(BENCH_DIR)/report.sh $(BUILD) && $(BENCH_DIR)/pictures.sh $(BUILD) $(BENCH_OUT)/pictures && exit $$status
bench-deps:
	@$(BENCH_DIR)/deps.sh
bench-check: $(BUILD)/bench_counted
	@$(BENCH_DIR)/check.sh $(BUILD) $(BENCH_DIR)/baseline.tsv
bench-baseline: $(BUILD)/bench_counted
	@$(BENCH_DIR)/check.sh -w $(BUILD) $(BENCH_DIR)/baseline.tsv
bench-readme:
	@$(BENCH_DIR)/readme.sh $(BUILD)
.PHONY: bench-build bench-peers bench-peers-found bench bench-deps bench-check bench-baseline bench-readme

$(BENCH_OUT):
	@mkdir -p $@
	@test -e $(BUILD)/.gitignore || echo '*' > $(BUILD)/.gitignore

BENCH_HEADERS = $(wildcard $(BENCH_ROOT)/airrt*.h $(BENCH_DIR)/*.h)
BENCH_ACTORS = $(patsubst %,$(BENCH_DIR)/%.c,bench_actors actors_savina actors_cost)
$(BUILD)/bench_actors: $(BENCH_ACTORS) $(BENCH_HEADERS) | $(BENCH_OUT)
	$(CC) $(BENCH_CFLAGS) -I$(BENCH_ROOT) $(BENCH_ACTORS) -o $@
# Whose instructions are counted: for any processor of the kind, so that the numbers mean the same elsewhere.
BENCH_COUNTED ?= -O2
$(BUILD)/bench_counted: $(BENCH_ACTORS) $(BENCH_HEADERS) | $(BENCH_OUT)
	$(CC) -std=c11 $(BENCH_COUNTED) -g -pthread $(if $(STB_DIR),-isystem $(STB_DIR)) -I$(BENCH_ROOT) $(BENCH_ACTORS) -o $@
$(patsubst %,$(BUILD)/bench_%,queues monitor supervisor broker): $(BUILD)/bench_%: $(BENCH_DIR)/bench_%.c $(BENCH_HEADERS) | $(BENCH_OUT)
	$(CC) $(BENCH_CFLAGS) -I$(BENCH_ROOT) $< -o $@

# ---- actors

$(BENCH_OUT)/sup_erl.beam: $(BENCH_PEERS)/sup_erl.erl | $(BENCH_OUT)
	erlc -o $(BENCH_OUT) $<
$(BENCH_OUT)/actors_go: $(BENCH_PEERS)/actors_go.go | $(BENCH_OUT)
	GO111MODULE=off GOCACHE=$(abspath $(BENCH_OUT))/go go build -o $@ $<
$(BENCH_OUT)/actors_erl: $(BENCH_PEERS)/actors_erl.sh $(BENCH_PEERS)/actors_erl.erl | $(BENCH_OUT)
	erlc -o $(BENCH_OUT) $(BENCH_PEERS)/actors_erl.erl
	cp $< $@
$(BENCH_OUT)/actors_caf: $(BENCH_PEERS)/actors_caf.cpp | $(BENCH_OUT)
	$(CXX) -std=c++17 $(BENCH_OPT) -DNDEBUG $< -o $@ -lcaf_core
# cargo writes next to the sources, so they are copied.
$(BENCH_OUT)/actors_tokio: $(BENCH_PEERS)/tokio_actors/src/main.rs $(BENCH_PEERS)/tokio_actors/Cargo.toml | $(BENCH_OUT)
	rm -rf $(BENCH_OUT)/tokio && cp -r $(BENCH_PEERS)/tokio_actors $(BENCH_OUT)/tokio
	cd $(BENCH_OUT)/tokio && CARGO_HOME=$(abspath $(BENCH_OUT))/cargo RUSTC=$(BENCH_RUSTC) RUSTFLAGS='-C target-cpu=native' \
	    $(BENCH_CARGO) build --release --offline --target-dir target \
	    --config 'source.crates-io.replace-with="debian"' --config 'source.debian.directory="$(BENCH_CRATES)"'
	cp $(BENCH_OUT)/tokio/target/release/actors_tokio $@

# ---- queues: for each peer a program for each message size

BENCH_QUEUE_DEPS = $(BENCH_DIR)/queue_harness.h $(BENCH_PEERS)/queue_peer.h
BENCH_C = $(CC) -std=gnu11 -D_GNU_SOURCE $(BENCH_OPT)
BENCH_CXX = $(CXX) -std=gnu++17 $(BENCH_OPT)

# name, source, compiler, flags, libraries
define bench_queue
$(BENCH_OUT)/queue_$(1)_%: $(BENCH_PEERS)/$(2) $(BENCH_QUEUE_DEPS) | $(BENCH_OUT)
	$(3) $(4) -DQUEUE_BYTES=$$* $$< -o $$@ $(5)
endef
$(eval $(call bench_queue,ck_ring_spsc,queue_ck_ring.c,$$(BENCH_C),-DPEER_MPSC=0,))
$(eval $(call bench_queue,ck_ring_mpsc,queue_ck_ring.c,$$(BENCH_C),-DPEER_MPSC=1,))
$(eval $(call bench_queue,ck_fifo_spsc,queue_ck_fifo.c,$$(BENCH_C),,))
$(eval $(call bench_queue,urcu_wfcq,queue_urcu.c,$$(BENCH_C),,-lurcu-common))
BENCH_DPDK = $(shell pkg-config --cflags libdpdk 2>/dev/null)
$(eval $(call bench_queue,dpdk_ring_spsc,queue_dpdk.c,$$(BENCH_C),-DPEER_MPSC=0 $$(BENCH_DPDK),-lrte_ring -lrte_eal))
$(eval $(call bench_queue,dpdk_ring_hts,queue_dpdk.c,$$(BENCH_C),-DPEER_MPSC=1 $$(BENCH_DPDK),-lrte_ring -lrte_eal))
$(eval $(call bench_queue,boost_spsc,queue_boost_spsc.cpp,$$(BENCH_CXX),,))
$(eval $(call bench_queue,boost_queue,queue_boost_mpmc.cpp,$$(BENCH_CXX),,))
$(eval $(call bench_queue,moodycamel_rwq,queue_mc_rwq.cpp,$$(BENCH_CXX),,))
# gcc 12 sees an overflow in the queue's own code that is not there.
$(eval $(call bench_queue,moodycamel_cq,queue_mc_cq.cpp,$$(BENCH_CXX),-Wno-stringop-overflow,))

# ---- which of them can be built

ifneq ($(filter bench-peers-found,$(MAKECMDGOALS)),)
# bench_peer: condition, what it needs, programs
define bench_peer
ifeq ($(1),yes)
BENCH_FOUND += $(3)
else
$$(info skipped: $(notdir $(3)) (needs $(2)))
endif
endef
bench_sizes = $(foreach name,$(1),$(BENCH_OUT)/queue_$(name)_16 $(BENCH_OUT)/queue_$(name)_64)
$(eval $(call bench_peer,$(call bench_has,go),golang-go,$(BENCH_OUT)/actors_go))
$(eval $(call bench_peer,$(call bench_has,erlc),erlang-base,$(BENCH_OUT)/actors_erl $(BENCH_OUT)/sup_erl.beam))
$(eval $(call bench_peer,$(call BENCH_CXX_HEADER,caf/all.hpp),libcaf-dev,$(BENCH_OUT)/actors_caf))
$(eval $(call bench_peer,$(if $(wildcard $(BENCH_CRATES)/tokio-1*),$(call bench_has,$(BENCH_CARGO))),cargo and \
    librust-tokio-dev,$(BENCH_OUT)/actors_tokio))
$(eval $(call bench_peer,$(call BENCH_C_HEADER,ck_ring.h),libck-dev,$(call \
    bench_sizes,ck_ring_spsc ck_ring_mpsc ck_fifo_spsc)))
$(eval $(call bench_peer,$(shell pkg-config --exists libdpdk 2>/dev/null && echo yes),libdpdk-dev,$(call \
    bench_sizes,dpdk_ring_spsc dpdk_ring_hts)))
$(eval $(call bench_peer,$(call BENCH_C_HEADER,urcu/wfcqueue.h),liburcu-dev,$(call bench_sizes,urcu_wfcq)))
$(eval $(call bench_peer,$(call BENCH_CXX_HEADER,boost/lockfree/queue.hpp),libboost-dev,$(call \
    bench_sizes,boost_spsc boost_queue)))
$(eval $(call bench_peer,$(call BENCH_CXX_HEADER,readerwriterqueue/readerwriterqueue.h),libreaderwriterqueue-dev,$(call \
    bench_sizes,moodycamel_rwq)))
$(eval $(call bench_peer,$(call BENCH_CXX_HEADER,concurrentqueue/concurrentqueue.h),libconcurrentqueue-dev,$(call \
    bench_sizes,moodycamel_cq)))
bench-peers-found: $(BENCH_FOUND)
endif
