# Chimera Insight.  `make help` lists the targets; docs/design.md explains the rooms.
#
#   make CC=clang BUILD=build/clang      another compiler, in a folder of its own
#   make SANITIZE=address,undefined      into build/sanitize-address-undefined/
#   make WERROR=1                        warnings are errors (what `make check` does)
#   make V=1                             shows the commands
#   make install PREFIX=/usr DESTDIR=/tmp/package

ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
SWEEPS_DIR := $(PREFIX)/share/chimera/sweeps
BUILD ?= build

comma := ,
space := $(subst ,, )
B := $(BUILD)$(if $(SANITIZE),/sanitize-$(subst $(comma),-,$(SANITIZE)))
Q := $(if $(V),,@)
# "CC file.c", unless the commands are shown (V=1) or nothing is wanted (make -s).
say = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,; echo "  $(1)")
J := $(shell nproc 2>/dev/null || echo 2)
# A make below this one: it joins our jobs if we have some, else it may use every core.
SUB = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(J))

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wvla -Wundef -Wformat=2 $(if $(WERROR),-Werror)
SANITIZERS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer)
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE -pthread $(WARNINGS) $(CFLAGS) $(SANITIZERS)

# ---- rooms ---------------------------------------------------------------------------------------
# A room is a folder, the rooms whose headers and archives it may use, and its libraries.  Nothing
# else of the project is on its include path, and check-rooms links it with nothing else.

ROOMS := base core world sim simserver data stats report plots

base_DIR      := base
core_DIR      := orchestrator/core
world_DIR     := orchestrator/world
sim_DIR       := simulator/model
simserver_DIR := simulator/server
data_DIR      := analysis/data
stats_DIR     := analysis/stats
report_DIR    := analysis/report
plots_DIR     := plots

# The rules of headings are a text; it is built into the data room.
data_GEN := $(B)/obj/gen/rules_text.o

# In link order: a room stands before those it uses.
base_USES      :=
core_USES      := base
world_USES     := core sim base
sim_USES       := base
simserver_USES := sim base
data_USES      := base
stats_USES     := data base
report_USES    := stats data base
plots_USES     := base
everything     := world simserver core sim report stats data plots base

base_PKGS      := jansson libcrypto
core_PKGS      := $(base_PKGS)
world_PKGS     := $(base_PKGS) libuv libcurl
sim_PKGS       := $(base_PKGS)
simserver_PKGS := $(base_PKGS) libuv
data_PKGS      := $(base_PKGS) libcmark-gfm
stats_PKGS     := $(data_PKGS) gsl
report_PKGS    := $(stats_PKGS)
plots_PKGS     := $(base_PKGS)
PKGS           := jansson libcrypto libuv libcurl gsl libcmark-gfm

# pkg-config is asked once per package.
ask = $(shell pkg-config $(1) $(2) 2>/dev/null)
$(foreach p,$(PKGS) cmocka,$(eval $(p)_CF := $(call ask,--cflags,$(p))))
$(foreach p,$(PKGS) cmocka,$(eval $(p)_LD := $(call ask,--libs,$(p))))
# Tables are an extension, whose library has no .pc file of its own; it uses the other one.
libcmark-gfm_LD := -lcmark-gfm-extensions $(or $(libcmark-gfm_LD),-lcmark-gfm)
cflags_of   = $(sort $(foreach p,$(1),$($(p)_CF)))
libs_of     = $(foreach p,$(1),$($(p)_LD)) -lm
includes_of = $(foreach r,$(1),-I$($(r)_DIR))
archives_of = $(foreach r,$(1),$(B)/lib/lib$(r).a)

SUPPORT      := $(B)/lib/libsupport.a
ALL_INCLUDES := $(call includes_of,$(everything)) -Itests/support
EVERY_CF     := $(ALL_INCLUDES) $(call cflags_of,$(PKGS))
EVERY_LD     := $(call archives_of,$(everything)) $(call libs_of,$(PKGS))

# What stands in for the folder of headers and of objects that may see everything.
cmd_OBJ     := $(patsubst %.c,$(B)/obj/%.o,$(wildcard orchestrator/cmd/*.c))
support_OBJ := $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/support/*.c))
UNIT_SRC    := $(wildcard tests/unit/test_*.c)
LOOP_SRC    := $(wildcard tests/loop/test_*.c)
BENCH_SRC   := $(wildcard tests/bench/*.c)
program_of   = $(addprefix $(B)/tests/,$(notdir $(1:.c=)))
UNIT        := $(call program_of,$(UNIT_SRC))
LOOP        := $(call program_of,$(LOOP_SRC))
BENCH       := $(patsubst tests/bench/%.c,$(B)/bench/%,$(BENCH_SRC))
PROCESS     := $(wildcard tests/process/*.sh)
BINARY      := $(if $(cmd_OBJ),$(B)/chimera)

.PHONY: all programs headers deps deps-check demo demo-run test test-run test-live test-slurm bench calibrate install \
	uninstall clean format help check check-compilers check-format check-rooms check-tidy \
	check-cppcheck check-sanitize check-valgrind FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BINARY) $(call archives_of,$(ROOMS)) ## build the archives and build/chimera (default)

programs: all $(UNIT) $(LOOP) $(BENCH) $(B)/calibrate

# Everything is rebuilt when the compiler or its flags change, cmd when the version does.
define stamp
$(1): FORCE
	@mkdir -p $$(@D)
	@echo '$(2)' | cmp -s - $$@ || echo '$(2)' > $$@
endef
HASH := $(shell git describe --always --dirty --exclude '*' 2>/dev/null)
CHIMERA_VERSION := $(shell cat VERSION)$(if $(HASH),+$(HASH))
$(eval $(call stamp,$(B)/flags,$(CC) $(ALL_CFLAGS) $(LDFLAGS)))
$(eval $(call stamp,$(B)/version,$(CHIMERA_VERSION) $(SWEEPS_DIR)))

compile = @mkdir -p $(@D)$(call say,CC    $<)
# $(1): the folder; $(2): what it may include
define compile_rule
$(B)/obj/$(1)/%.o: $(1)/%.c $(B)/flags
	$$(compile)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $(2) -MMD -MP -c $$< -o $$@
endef
# An archive is also made anew when a source is gone.
define archive_rule
$(call stamp,$(1:.a=.list),$(2))
$(1): $(2) $(1:.a=.list)
	@rm -f $$@
	$$(Q)ar rcs $$@ $(2)
endef
# Each header must compile on its own, seeing what its room sees; included, since what a compiler warns
# of in a header is not what it warns of in a source.
define header_rule
$(B)/headers/$(1)/%.ok: $(1)/%.h $(B)/flags
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $(2) -MMD -MP -MT $$@ -MF $$@.d -x c -fsyntax-only -include $$< /dev/null
	@touch $$@
HEADERS_OK += $(patsubst %.h,$(B)/headers/%.ok,$(wildcard $(1)/*.h))
endef
define room_rules
$(1)_CF := $(call includes_of,$(1) $($(1)_USES)) $(call cflags_of,$($(1)_PKGS))
$(1)_OBJ := $(patsubst %.c,$(B)/obj/%.o,$(wildcard $($(1)_DIR)/*.c)) $($(1)_GEN)
$$(eval $$(call compile_rule,$($(1)_DIR),$$($(1)_CF)))
$$(eval $$(call archive_rule,$(B)/lib/lib$(1).a,$$($(1)_OBJ)))
$$(eval $$(call header_rule,$($(1)_DIR),$$($(1)_CF)))
endef
$(foreach r,$(ROOMS),$(eval $(call room_rules,$(r))))

$(B)/gen/rules_text.c: analysis/data/rules.txt
	@mkdir -p $(@D)
	$(Q){ echo '#include "rules_parts.h"'; echo 'const char rules_text[] = {'; \
		od -An -v -tu1 $< | sed 's/[0-9][0-9]*/&,/g'; echo '0};'; \
		echo 'const size_t rules_text_len = sizeof(rules_text) - 1;'; } >$@
$(B)/obj/gen/rules_text.o: $(B)/gen/rules_text.c $(B)/flags
	$(compile)
	$(Q)$(CC) $(ALL_CFLAGS) $(data_CF) -MMD -MP -c $< -o $@

$(cmd_OBJ): $(B)/version
$(eval $(call compile_rule,orchestrator/cmd,$(EVERY_CF) -Iorchestrator/cmd \
	-DCHIMERA_VERSION='"$(CHIMERA_VERSION)"' -DCHIMERA_SWEEPS='"$(SWEEPS_DIR)"'))
$(eval $(call header_rule,orchestrator/cmd,$(EVERY_CF) -Iorchestrator/cmd))
$(eval $(call compile_rule,tests,$(EVERY_CF) -Iorchestrator/cmd -Itests/calibrate $(cmocka_CF)))
$(eval $(call header_rule,tests/support,$(EVERY_CF) $(cmocka_CF)))
$(eval $(call header_rule,tests/calibrate,$(EVERY_CF) -Iorchestrator/cmd))
$(eval $(call archive_rule,$(SUPPORT),$(support_OBJ)))

link = @mkdir -p $(@D)$(call say,LD    $@)
$(B)/chimera: $(cmd_OBJ) $(call archives_of,$(everything))
	$(link)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(cmd_OBJ) $(EVERY_LD) -o $@

define test_rule
$(B)/$(2)/%: $(B)/obj/tests/$(1)/%.o $(SUPPORT) $(call archives_of,$(everything))
	$$(link)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$(LDFLAGS) $$(filter %.o %/libchain.a,$$^) $(SUPPORT) $$(EVERY_LD) $$(cmocka_LD) -o $$@
endef
$(eval $(call test_rule,unit,tests))
$(eval $(call test_rule,loop,tests))
$(eval $(call test_rule,bench,bench))

# Sweeps on the whole chain, for `calibrate` and its short form: they need parts of the program.
CHAIN := $(B)/lib/libchain.a
$(eval $(call archive_rule,$(CHAIN),$(patsubst %.c,$(B)/obj/%.o, \
	$(filter-out %/main.c,$(wildcard tests/calibrate/*.c orchestrator/cmd/*.c)))))
$(B)/tests/test_calibration_chain: $(CHAIN)
$(B)/calibrate: $(B)/obj/tests/calibrate/main.o $(CHAIN) $(call archives_of,$(everything))
	$(link)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $< $(CHAIN) $(EVERY_LD) -o $@

headers: $(HEADERS_OK)

-include $(shell find $(B)/obj $(B)/headers -name '*.d' 2>/dev/null)

# ---- packages ------------------------------------------------------------------------------------
# What is looked for (a command, a pkg-config module or a file) : the Debian package that has it.

NEED := gcc:gcc /usr/include/stdio.h:libc6-dev make:make pkg-config:pkg-config libuv:libuv1-dev libcurl:libcurl4-openssl-dev \
	jansson:libjansson-dev libcrypto:libssl-dev gsl:libgsl-dev gnuplot:gnuplot-nox \
	libcmark-gfm:libcmark-gfm-dev \
	/usr/include/cmark-gfm-core-extensions.h:libcmark-gfm-extensions-dev cmocka:libcmocka-dev
NEED_CHECK := clang:clang clang-format:clang-format clang-tidy:clang-tidy cppcheck:cppcheck \
	valgrind:valgrind

define install_missing
@missing=; \
for need in $(1); do \
	name=$${need%%:*}; \
	command -v $$name >/dev/null 2>&1 || pkg-config --exists $$name 2>/dev/null || \
		{ [ "$${name#/}" != "$$name" ] && [ -e $$name ]; } || \
		missing="$$missing $${need#*:}"; \
done; \
if [ -z "$$missing" ]; then echo "$@: all packages are there"; exit 0; fi; \
if ! command -v apt-get >/dev/null 2>&1; then \
	echo "$@: please install (by their Debian names):$$missing"; exit 1; \
fi; \
root=; [ "$$(id -u)" = 0 ] || root=sudo; \
echo "$@: installing$$missing"; \
$$root apt-get update -q && \
$$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing
endef

deps: ## install what building, testing and charts need (apt-get), if it is missing
	$(call install_missing,$(NEED))

deps-check: deps ## also install what `make check` needs
	$(call install_missing,$(NEED_CHECK))

# `demo` and `test` start make again after `deps`: this one asked pkg-config before the libraries were
# installed, and has empty answers.

demo: deps ## a first sweep on the simulator, from nothing to a report
	+@$(SUB) demo-run

# A quick simulated machine, so that the sweep takes some twenty seconds.
demo-run: all
	$(B)/chimera run sweeps/demo.json --simulate --sim era=2 --sim load_ms=100 \
		--sim resident_load_ms=20 --sim decode_speed=2

# ---- tests ---------------------------------------------------------------------------------------

test: deps ## build everything and run all tests; ends with "N passed, N failed"
	+@$(SUB) all programs
	+@$(SUB) test-run

TEST_ENV = CHIMERA_BIN=$(abspath $(B))/chimera TEST_DATA=$(CURDIR)/tests/data

test-run: $(BINARY) $(UNIT) $(LOOP)
	@$(TEST_ENV) sh tests/run.sh $(UNIT) $(LOOP) $(PROCESS)

test-live: all ## run tests/live/live.sh against the server at $OLLAMA_HOST
	@if [ -n "$$OLLAMA_HOST" ]; then $(TEST_ENV) sh tests/live/live.sh; \
	else echo "test-live: skipped, OLLAMA_HOST is not set"; fi

test-slurm: all ## run a sweep in shards on a Slurm of its own, where Slurm is installed
	@$(TEST_ENV) sh tests/slurm/slurm.sh

bench: all $(BENCH) ## measure the client and the analysis
	$(if $(BENCH),@for b in $(BENCH); do echo "== $$b"; $(TEST_ENV) $$b || exit 1; done, \
		@echo "no benchmarks yet")

calibrate: $(B)/calibrate ## the calibration table on simulated sweeps (minutes; options in CALIBRATE)
	@$< $(CALIBRATE)

# ---- checks --------------------------------------------------------------------------------------

SOURCE_DIRS := base orchestrator simulator analysis plots tests
SOURCES     := $(shell find $(SOURCE_DIRS) -name '*.c' 2>/dev/null | sort)
HEADERS     := $(shell find $(SOURCE_DIRS) -name '*.h' 2>/dev/null | sort)
PRODUCT     := $(filter-out tests/%,$(SOURCES))
VALGRIND    := valgrind -q --leak-check=full --error-exitcode=99

check: ## everything that must hold before a commit (minutes)
CHECKS := check-format check-rooms check-compilers check-cppcheck check-tidy check-sanitize \
	check-valgrind
check: # one after the other, since they share the cores and some folders; all of them, if one fails
	+@failed=; for check in $(CHECKS); do \
		echo "== $$check"; $(SUB) -s $$check || failed="$$failed $$check"; \
	done; \
	if [ -n "$$failed" ]; then echo "check: failed:$$failed"; exit 1; fi; echo "check: all hold"

check-compilers: # no warning from either compiler, and every header compiles on its own
	+@$(SUB) BUILD=$(BUILD)/check-gcc CC=gcc WERROR=1 programs headers
	+@$(SUB) BUILD=$(BUILD)/check-clang CC=clang WERROR=1 programs headers

check-format:
	@failed=0; for f in $(SOURCES) $(HEADERS); do \
		clang-format $$f | cmp -s $$f - || { echo "$$f: see make format"; failed=1; }; \
	done; exit $$failed

check-tidy:
	@printf '%s\n' $(PRODUCT) | xargs -P $(J) -I {} sh -c 'clang-tidy --quiet {} -- \
		-std=c11 -D_GNU_SOURCE $(EVERY_CF) -Iorchestrator/cmd -DCHIMERA_VERSION=\"\" -DCHIMERA_SWEEPS=\"\" \
		2>/dev/null || { echo "clang-tidy: {}"; exit 1; }'

# jansson's loops are told as loops.  Left out: advice against readdir, and NULL as the last of a list of
# pointers, which POSIX allows.
check-cppcheck:
	@cppcheck -q -j $(J) --enable=warning,portability --inline-suppr --error-exitcode=1 \
		--suppress=varFuncNullUB --suppress=readdirCalled --suppress=arrayIndexThenCheck \
		--std=c11 --library=posix --library=.cppcheck-jansson.cfg -D_GNU_SOURCE $(ALL_INCLUDES) -Iorchestrator/cmd $(PRODUCT)

check-sanitize:
	+@$(SUB) SANITIZE=address,undefined CC=gcc programs
	+@$(SUB) SANITIZE=address,undefined CC=gcc test-run

# Left out: tests by many repetitions, of code that other tests run once.
REPEATING := calibration calibration_chain runner_random schedule_random plan_random virtual sim_noise \
	journal_crash best scan choice choice_stays permute change trend_line search search_sim holes noise power quality servers eta overload expr_random sweep_random bursts

check-valgrind:
	+@$(SUB) BUILD=$(BUILD)/check-gcc CC=gcc WERROR=1 programs
	@RUNNER='$(VALGRIND)' LIMIT=600 $(TEST_ENV) sh tests/run.sh \
		$(patsubst $(B)/%,$(BUILD)/check-gcc/%,$(filter-out $(REPEATING:%=$(B)/tests/test_%),$(UNIT)))

# An empty main is linked with the whole of a room, the archives it may use and its libraries: a
# call to anything else is an undefined symbol.  The last step proves that this can fail.
room_link = $(CC) $(ALL_CFLAGS) $(LDFLAGS) $(B)/rooms/main.o -Wl,--whole-archive $(1) \
	-Wl,--no-whole-archive $(call archives_of,$($(2)_USES)) $(call libs_of,$($(2)_PKGS)) \
	-o $(B)/rooms/$(2)

check-rooms: $(ROOMS:%=check-room-%) ## prove that no room uses more than it may
	@echo 'int uv_run(void *, int); int stray(void); int stray(void) { return uv_run(0, 0); }' | \
		$(CC) -x c -c - -o $(B)/rooms/stray.o
	@cp $(B)/lib/libcore.a $(B)/rooms/libcore.a && ar r $(B)/rooms/libcore.a $(B)/rooms/stray.o
	@if $(call room_link,$(B)/rooms/libcore.a,core) 2>$(B)/rooms/log; then \
		echo "check-rooms is blind: a call to libuv in core was linked"; exit 1; fi
	@printf 'and with a call to libuv in core it does not link: '; \
		grep -m 1 -o 'undefined reference.*' $(B)/rooms/log

$(B)/rooms/main.o: $(B)/flags
	@mkdir -p $(@D)
	@echo 'int main(void) { return 0; }' | $(CC) $(ALL_CFLAGS) -x c -c - -o $@

define room_check
.PHONY: check-room-$(1)
check-room-$(1): $(B)/rooms/main.o $(call archives_of,$(1) $($(1)_USES))
	@$$(call room_link,$(B)/lib/lib$(1).a,$(1))
	@echo "room $(1): links with $(subst $(space),$(comma) ,$(strip libc $($(1)_USES) $($(1)_PKGS)))"
endef
$(foreach r,$(ROOMS),$(eval $(call room_check,$(r))))

format: ## let clang-format write all sources
	clang-format -i $(SOURCES) $(HEADERS)

# ---- installing ----------------------------------------------------------------------------------

SHARE := $(DESTDIR)$(PREFIX)/share
BASH_COMPLETION := $(SHARE)/bash-completion/completions/chimera
ZSH_COMPLETION  := $(SHARE)/zsh/site-functions/_chimera
SWEEP_FILES := $(shell find sweeps -type f 2>/dev/null)

install: all ## copy the program, man page, completions and sweeps under PREFIX (and DESTDIR)
	install -D -m 755 $(B)/chimera $(DESTDIR)$(PREFIX)/bin/chimera
	@for f in $(SWEEP_FILES); do install -D -m 644 $$f $(SHARE)/chimera/$$f || exit 1; done
	@if [ -f docs/chimera.1 ]; then \
		install -D -m 644 docs/chimera.1 $(SHARE)/man/man1/chimera.1; fi
	install -d $(dir $(BASH_COMPLETION)) $(dir $(ZSH_COMPLETION))
	$(B)/chimera completion bash >$(BASH_COMPLETION)
	$(B)/chimera completion zsh >$(ZSH_COMPLETION)

uninstall: ## remove what install copied
	rm -f $(DESTDIR)$(PREFIX)/bin/chimera $(SHARE)/man/man1/chimera.1 $(BASH_COMPLETION) \
		$(ZSH_COMPLETION)
	rm -rf $(SHARE)/chimera

clean: ## remove the build folder
	rm -rf $(BUILD)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | \
		awk -F '\t' '{printf "  make %-16s %s\n", $$1, $$2}'
