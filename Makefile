# airrt is three headers; there is nothing to build but examples and tests. `make help` lists the targets.
#
# Variables: CC, CFLAGS (optimisation and debugging; the rest of the flags stays), BUILD (the folder for everything that
# is made), STB_DIR (the folder of your own stb_ds.h, when it is not the system's), PREFIX and DESTDIR (install).

ifeq ($(origin CC),default)
CC = gcc
endif
CFLAGS ?= -O2 -g
BUILD ?= build
PREFIX ?= /usr/local
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
FLAGS = -std=c11 $(WARNINGS) -Wno-psabi -pthread -I. $(if $(STB_DIR),-isystem $(STB_DIR)) $(CFLAGS)
CHECK_LIBS = $(shell pkg-config --libs check 2>/dev/null)

HEADERS := $(wildcard airrt.h airrt_monitor.h airrt_supervisor.h)
EXAMPLES := $(patsubst examples/%.c,%,$(wildcard examples/*.c))
TESTS := $(patsubst tests/%.c,%,$(wildcard tests/test_*.c))
STRESSES := $(patsubst tests/%.c,%,$(wildcard tests/stress_*.c))

# What stress programs are given: a seed, which they print, and how many messages.
SEED ?= $(shell date +%s)
MESSAGES = 200000
N = 10000000

EXAMPLE_PROGRAMS = $(EXAMPLES:%=$(BUILD)/examples/%)
TEST_PROGRAMS = $(TESTS:%=$(BUILD)/tests/%)
STRESS_PROGRAMS = $(STRESSES:%=$(BUILD)/tests/%)
STRESS_RUNS = $(STRESS_PROGRAMS:%="% $(SEED) $(MESSAGES)")
# check_NAME.sh of an example is given the program.
CHECKS := $(patsubst tests/check_%.sh,%,$(sort $(wildcard tests/check_*.sh)))
CHECK_RUNS = $(foreach check,$(CHECKS),"tests/check_$(check).sh$(if $(filter $(check),$(EXAMPLES)), $(BUILD)/examples/$(check))")

# Sub-makes build on all processors, unless this make was given a -j already, and go on after an error: what could not be
# built is counted as failed by run.sh.
SUBMAKE = $(MAKE) --no-print-directory -k $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))
export CC CFLAGS BUILD STB_DIR WARNINGS

.PHONY: all help demo test examples stress fuzz asan tsan cov mutants planted perturbed expand install clean programs examples-programs suites
.DELETE_ON_ERROR:

all: help
	@STB_DIR='$(STB_DIR)' tests/deps.sh demo || true
	+@$(SUBMAKE) examples-programs

help:
	@echo 'airrt: an actor runtime in C headers. Copy airrt*.h into your project; here you can'
	@echo '  make demo              count the words of this machine, with and without crashing counters'
	@echo '  make test              run everything: suites, stress, examples, build checks, mistakes that must not compile'
	@echo '  make asan, make tsan   run suites and stress under AddressSanitizer and UBSan, under ThreadSanitizer'
	@echo '  make stress N=10000000 run the stress programs for longer: N messages; SEED= to run one again'
	@echo '  make fuzz SECONDS=60   search with the fuzz targets of tests/fuzz, so many seconds each'
	@echo '  make build/sim_swarm   random systems in simulation: build/sim_swarm --seeds 1..1000000'
	@echo '  make examples          build and run all examples'
	@echo '  make bench             run the benchmarks beside all peers, twenty minutes (tests/bench/README.md)'
	@echo '  make bench-deps        install the peers; make bench-check: what has become slower?'
	@echo '  make cov               say which lines of the headers the suites reach; fails under $(COV_LEAST) %'
	@echo '  make mutants COUNT=100 plant mistakes in mailboxes and supervisors: which ones do the suites miss? (minutes)'
	@echo '  make planted           plant known bugs in the headers: how many seeds does the swarm need for each? (minutes)'
	@echo '  make perturbed SEEDS=1..4  the suites with delays in functions that a seed picks; SUITES=, SAN=thread (minutes)'
	@echo '  make expand F=file.c   show what the macros in a file become'
	@echo '  make install PREFIX=   copy the headers; for pkg-config and CMake too'
	@echo '  make clean             remove $(BUILD)'
	@echo 'Variables: CC, CFLAGS, BUILD, STB_DIR. demo, test, cov and mutants install missing packages if they may.'

# ---- building -------------------------------------------------------------------------------------------------------

# Checks and benchmarks make $(BUILD) too, so the folders are asked for one by one.
$(BUILD)/tests $(BUILD)/examples:
	@mkdir -p $@
	@test -e $(BUILD)/.gitignore || echo '*' >$(BUILD)/.gitignore

$(BUILD)/examples/%: examples/%.c | $(BUILD)/examples
	@echo '  CC $<'
	@rm -f $@
	@$(CC) $(FLAGS) -MMD -MP -MF $@.d -o $@ $< -lm

$(BUILD)/tests/%: tests/%.c | $(BUILD)/tests
	@echo '  CC $<'
	@rm -f $@
	@$(CC) $(FLAGS) -MMD -MP -MF $@.d -o $@ $< $(CHECK_LIBS) -lm

$(BUILD)/otp_conformance: tests/otp_conformance.c | $(BUILD)/tests
	@echo '  CC $<'
	@rm -f $@
	@$(CC) $(FLAGS) -MMD -MP -MF $(BUILD)/tests/otp_conformance.d -o $@ $<

$(BUILD)/sim_swarm: tests/sim_swarm.c | $(BUILD)/tests
	@echo '  CC $<'
	@rm -f $@
	@$(CC) $(FLAGS) -MMD -MP -MF $(BUILD)/tests/sim_swarm.d -o $@ $< -lm

examples-programs: $(EXAMPLE_PROGRAMS)
programs: $(TEST_PROGRAMS) $(STRESS_PROGRAMS) $(BUILD)/otp_conformance $(BUILD)/sim_swarm

-include $(wildcard $(BUILD)/examples/*.d $(BUILD)/tests/*.d)

# ---- running --------------------------------------------------------------------------------------------------------

demo:
	@tests/deps.sh demo
	+@$(MAKE) --no-print-directory $(BUILD)/examples/wordcount
	$(BUILD)/examples/wordcount
	$(BUILD)/examples/wordcount --crash

examples:
	@tests/deps.sh demo || true
	+@$(SUBMAKE) examples-programs || true
	@tests/run.sh -r $(BUILD)/result tests/check_examples.sh

test:
	@tests/deps.sh test || true
	+@$(SUBMAKE) programs examples-programs || true
	@tests/run.sh -r $(BUILD)/result $(TEST_PROGRAMS) $(STRESS_RUNS) "$(BUILD)/sim_swarm --seeds 1..10000" $(CHECK_RUNS)

stress:
	@tests/deps.sh test || true
	+@$(SUBMAKE) programs || true
	@tests/run.sh -t 3600 -r $(BUILD)/result $(STRESS_PROGRAMS:%="% $(SEED) $(N)")

SECONDS = 60
fuzz: | $(BUILD)/tests
	@tests/deps.sh test || true
	@tests/fuzz/run.sh $(SECONDS)

# What asan and tsan run, each in a build folder of its own.
suites:
	+@$(SUBMAKE) programs || true
	@tests/run.sh -r $(BUILD)/result $(RUN_FLAGS) $(TEST_PROGRAMS) $(STRESS_RUNS) "$(BUILD)/sim_swarm --seeds 1..1000"

SLOW = CK_TIMEOUT_MULTIPLIER=10 $(MAKE) --no-print-directory MESSAGES=50000

asan:
	@tests/deps.sh test san || true
	+@ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1 $(SLOW) BUILD=$(BUILD)/asan \
	    CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all' suites

# ThreadSanitizer of gcc 12 and clang 14 does not know how far newer kernels randomise addresses.
FIXED = $(shell [ "$$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)" -gt 28 ] && setarch -R true 2>/dev/null && \
    echo 'setarch -R')
tsan:
	@tests/deps.sh test san || true
	+@TSAN_OPTIONS=second_deadlock_stack=1 $(SLOW) BUILD=$(BUILD)/tsan CFLAGS='-O1 -g -fsanitize=thread' \
	    RUN_FLAGS="$(if $(FIXED),-w '$(FIXED)')" suites

# Lines of the headers. What macros generate counts where they are used, so not here: check_oom.sh sees that a test calls
# each generated function.
# A thread that still runs when its program ends, a stuck actor's for one, leaves counts that do not add up, and gcov works
# out a negative one: such a line is left out, and gcovr says so.
COV_LEAST = 95
cov:
	@tests/deps.sh test cov || true
	@rm -rf $(BUILD)/cov
	+@$(SLOW) BUILD=$(BUILD)/cov CFLAGS='-O0 -g --coverage -fprofile-update=atomic' suites || true
	@gcovr --root . --object-directory $(BUILD)/cov --filter 'airrt.*\.h' --exclude-throw-branches \
	    --gcov-ignore-parse-errors --txt - --json $(BUILD)/cov/lines.json \
	    --fail-under-line $(COV_LEAST) $(COV_FLAGS) $(BUILD)/cov
	-@tests/unreached.py $(BUILD)/cov/lines.json

COUNT = 100
mutants:
	@command -v python3 >/dev/null || { echo 'skipped: mutants need python3'; exit 0; }; \
	tests/deps.sh test && tests/mutants.py --count $(COUNT) --seed $(if $(filter command%,$(origin SEED)),$(SEED),1) --jobs $(JOBS)

planted:
	@command -v python3 >/dev/null || { echo 'skipped: planted needs python3'; exit 0; }; tests/planted.py

# Suites against headers with a point of delay in every function. Of what failed it prints the command that repeats it;
# there, CASES= says which tests, and ONLY= the one function that shall be slow (ONLY=each: which one alone is enough?).
SEEDS = 1..4
SLOWED = $(or $(SUITES),$(TESTS))
PERTURBED = $(BUILD)/perturbed$(addprefix -,$(SAN))
perturbed:
	@tests/deps.sh test $(if $(SAN),san) || true
	@tests/perturbed.py headers $(PERTURBED)
	+@$(SUBMAKE) -s BUILD=$(PERTURBED) $(SLOWED:%=$(PERTURBED)/tests/%) CFLAGS='-O1 -g -w -iquote $(PERTURBED) \
	    -include tests/perturbed.h $(if $(SAN),-fsanitize=$(SAN))'
	@CK_TIMEOUT_MULTIPLIER=$(if $(SAN),10,3) tests/perturbed.py run --seeds $(SEEDS) $(if $(ONLY),--only $(ONLY)) \
	    --cases '$(CASES)' --wrapper '$(if $(filter thread,$(SAN)),$(FIXED))' --jobs $(JOBS) \
	    --repeat 'make perturbed$(if $(SAN), SAN=$(SAN))' $(SLOWED:%=$(PERTURBED)/tests/%)

expand:
	@test -n '$(F)' || { echo 'which file? make expand F=examples/ping_pong.c'; exit 1; }
	@$(CC) $(filter-out -Werror,$(FLAGS)) -E '$(F)' | tests/expand.sh '$(F)'

# ---- installing -----------------------------------------------------------------------------------------------------

VERSION = $(shell sed -n 's/^\#define AIRRT_VERSION \([0-9]*\).*/\1/p' airrt.h | \
    awk '{ printf "%d.%d.%d", $$1 / 10000, $$1 / 100 % 100, $$1 % 100 }')
INSTALL_DIR = $(DESTDIR)$(PREFIX)

install:
	install -d '$(INSTALL_DIR)/include' '$(INSTALL_DIR)/share/pkgconfig' '$(INSTALL_DIR)/share/cmake/airrt'
	install -m 644 $(HEADERS) '$(INSTALL_DIR)/include'
	@printf '%s\n' 'prefix=$(PREFIX)' 'includedir=$${prefix}/include' '' 'Name: airrt' \
	    'Description: header-only actor runtime for C' 'Version: $(VERSION)' 'Cflags: -I$${includedir} -pthread' \
	    'Libs: -pthread' >'$(INSTALL_DIR)/share/pkgconfig/airrt.pc'
	@printf '%s\n' 'set(airrt_VERSION $(VERSION))' 'find_package(Threads REQUIRED)' 'if(NOT TARGET airrt::airrt)' \
	    '  add_library(airrt::airrt INTERFACE IMPORTED)' \
	    '  get_filename_component(airrt_prefix "$${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)' \
	    '  set_target_properties(airrt::airrt PROPERTIES' \
	    '    INTERFACE_INCLUDE_DIRECTORIES "$${airrt_prefix}/include" INTERFACE_LINK_LIBRARIES Threads::Threads)' \
	    'endif()' >'$(INSTALL_DIR)/share/cmake/airrt/airrtConfig.cmake'

clean:
	rm -rf $(BUILD)

-include tests/bench/bench.mk
