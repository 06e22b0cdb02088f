# The benchmarks; make -f tests/bench/bench.mk TARGET, or included by the project's Makefile. Targets:
#   bench-build   airrt's own: $(BUILD)/bench_actors, $(BUILD)/bench_queues, $(BUILD)/bench_monitor, $(BUILD)/bench_broker
#   bench-peers   the peers whose toolchain is present, in $(BUILD)/bench; the others are named
#   bench         both, then run.sh: the table, and $(BUILD)/bench/results.tsv
# Variables: BUILD, CC, CXX, BENCH_CFLAGS, BENCH_ROUNDS. Debian's packages for the peers:
#   golang-go erlang-base libcaf-dev cargo rustc librust-tokio-dev
#   libck-dev liburcu-dev libboost-dev libconcurrentqueue-dev libreaderwriterqueue-dev
BUILD ?= build
BENCH_ROUNDS ?= 5
BENCH_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
BENCH_ROOT := $(BENCH_DIR)/../..
BENCH_PEERS := $(BENCH_DIR)/peers
BENCH_OUT = $(BUILD)/bench
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

bench-build: $(BUILD)/bench_actors $(BUILD)/bench_queues $(BUILD)/bench_monitor $(BUILD)/bench_supervisor $(BUILD)/bench_broker
# The headers are looked for only when this target is asked for: hence a second make.
bench-peers: | $(BENCH_OUT)
	@! command -v erlc >/dev/null || $(MAKE) --no-print-directory -f $(BENCH_DIR)/bench.mk $(BENCH_OUT)/sup_erl.beam BUILD=$(BUILD)
	@$(MAKE) --no-print-directory -k -f $(BENCH_DIR)/bench.mk bench-peers-found BUILD=$(BUILD) || \
	    echo "some peers could not be built; they are left out"
bench: bench-build bench-peers
	$(BENCH_DIR)/run.sh $(BUILD) $(BENCH_ROUNDS)
	$(BUILD)/bench_monitor $(BENCH_ROUNDS)
	$(BUILD)/bench_broker $(BENCH_ROUNDS)
	$(BENCH_DIR)/supervisor.sh $(BUILD) $(BENCH_ROUNDS)
.PHONY: bench-build bench-peers bench-peers-found bench

$(BENCH_OUT):
	@mkdir -p $@
	@test -e $(BUILD)/.gitignore || echo '*' > $(BUILD)/.gitignore

$(BUILD)/bench_actors: $(BENCH_DIR)/bench_actors.c $(BENCH_DIR)/bench.h $(BENCH_ROOT)/airrt.h | $(BENCH_OUT)
	$(CC) $(BENCH_CFLAGS) -I$(BENCH_ROOT) $< -o $@
$(BUILD)/bench_queues: $(BENCH_DIR)/bench_queues.c $(BENCH_DIR)/queue_harness.h $(BENCH_ROOT)/airrt.h | $(BENCH_OUT)
	$(CC) $(BENCH_CFLAGS) -I$(BENCH_ROOT) $< -o $@
$(BUILD)/bench_monitor: $(BENCH_DIR)/bench_monitor.c $(BENCH_DIR)/bench.h $(BENCH_ROOT)/airrt.h $(BENCH_ROOT)/airrt_monitor.h | $(BENCH_OUT)
	$(CC) $(BENCH_CFLAGS) -I$(BENCH_ROOT) $< -o $@
$(BUILD)/bench_broker: $(BENCH_DIR)/bench_broker.c $(BENCH_ROOT)/airrt.h $(BENCH_ROOT)/airrt_monitor.h $(BENCH_ROOT)/airrt_supervisor.h | $(BENCH_OUT)
	$(CC) $(BENCH_CFLAGS) -I$(BENCH_ROOT) $< -o $@
$(BUILD)/bench_supervisor: $(BENCH_DIR)/bench_supervisor.c $(BENCH_DIR)/bench.h $(BENCH_ROOT)/airrt.h $(BENCH_ROOT)/airrt_monitor.h $(BENCH_ROOT)/airrt_supervisor.h | $(BENCH_OUT)
	$(CC) $(BENCH_CFLAGS) -I$(BENCH_ROOT) $< -o $@
$(BENCH_OUT)/sup_erl.beam: $(BENCH_PEERS)/sup_erl.erl | $(BENCH_OUT)
	erlc -o $(BENCH_OUT) $<

# ---- actors

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
$(eval $(call bench_peer,$(call bench_has,erlc),erlang-base,$(BENCH_OUT)/actors_erl))
$(eval $(call bench_peer,$(call BENCH_CXX_HEADER,caf/all.hpp),libcaf-dev,$(BENCH_OUT)/actors_caf))
$(eval $(call bench_peer,$(if $(wildcard $(BENCH_CRATES)/tokio-1*),$(call bench_has,$(BENCH_CARGO))),cargo and \
    librust-tokio-dev,$(BENCH_OUT)/actors_tokio))
$(eval $(call bench_peer,$(call BENCH_C_HEADER,ck_ring.h),libck-dev,$(call \
    bench_sizes,ck_ring_spsc ck_ring_mpsc ck_fifo_spsc)))
$(eval $(call bench_peer,$(call BENCH_C_HEADER,urcu/wfcqueue.h),liburcu-dev,$(call bench_sizes,urcu_wfcq)))
$(eval $(call bench_peer,$(call BENCH_CXX_HEADER,boost/lockfree/queue.hpp),libboost-dev,$(call \
    bench_sizes,boost_spsc boost_queue)))
$(eval $(call bench_peer,$(call BENCH_CXX_HEADER,readerwriterqueue/readerwriterqueue.h),libreaderwriterqueue-dev,$(call \
    bench_sizes,moodycamel_rwq)))
$(eval $(call bench_peer,$(call BENCH_CXX_HEADER,concurrentqueue/concurrentqueue.h),libconcurrentqueue-dev,$(call \
    bench_sizes,moodycamel_cq)))
bench-peers-found: $(BENCH_FOUND)
endif
