# The six words of the house. Each recipe stops at the first failure.
#   run    the service with its defaults          sim    more seeds of the simulation
#   test   everything, with what it needs         fuzz   corpora and targets, bounded in time
#   lint   format, clippy, documents, licences    bench  one table of figures against the bars

CARGO ?= cargo
SIM_SEEDS ?= 4096
FUZZ_SECONDS ?= 30
# Tests against real clients keep whole calls alive; two at once is what two cores carry.
TEST_THREADS ?= 2

.PHONY: run test lint sim fuzz bench
.DEFAULT_GOAL := test

run:
	$(CARGO) run --release -- serve

# What it needs, the lints, then every test; real clients come last.
test:
	tests/install.sh
	$(MAKE) lint
	$(CARGO) test --doc
	$(CARGO) test --lib --bins --tests -- --test-threads=$(TEST_THREADS)

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --no-deps --document-private-items
	$(CARGO) deny --all-features check licenses bans sources

sim:
	MAYORLINE_SEEDS=$(SIM_SEEDS) $(CARGO) test --release --test sim -- --nocapture

# Every target over its corpus and mutations of it, each for FUZZ_SECONDS.
fuzz:
	MAYORLINE_FUZZ_SECONDS=$(FUZZ_SECONDS) $(CARGO) test --release --test fuzz -- --nocapture

bench:
	tests/install.sh
	$(CARGO) build --release --bin mayorline
	$(CARGO) bench --bench load
