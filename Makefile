# The seven words of the house. Each recipe stops at the first failure.
#   run    the service with its defaults          sim    more seeds of the simulation
#   test   everything, with what it needs         fuzz   corpora and targets, bounded in time
#   lint   format, clippy, documents, licences    bench  one table of figures against the bars
#   soak   one three-way call beside many others, for ten minutes

CARGO ?= cargo
SIM_SEEDS ?= 4096
# Lives of cases, 64 commands each: about a million.
CASE_SEEDS ?= 16000
FUZZ_SECONDS ?= 30
SOAK_SECONDS ?= 600
SOAK_CALLS ?= 100
# They wait most of the time. Groups of telephones hold themselves to two at once.
TEST_THREADS ?= 4

.PHONY: run test lint checks licences sim fuzz soak bench
.DEFAULT_GOAL := test

run:
	$(CARGO) run --release -- serve

test:
	tests/run.sh $(TEST_THREADS)

lint: checks licences

checks:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --all-targets -- -D warnings
	# There are no examples: asked for, they give the features that clippy has checked the crates with.
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --no-deps --document-private-items --lib --examples

licences:
	$(CARGO) deny --all-features check licenses bans sources

sim:
	MAYORLINE_SEEDS=$(SIM_SEEDS) $(CARGO) test --release --test sim -- --nocapture
	MAYORLINE_CASE_SEEDS=$(CASE_SEEDS) $(CARGO) test --release --test casework rules::sim

# Every target over its seeds and mutations of them, each for FUZZ_SECONDS, on stable. Guided by
# coverage where cargo-fuzz and a nightly toolchain are: cargo +nightly fuzz run TARGET
#   fuzz/corpus/TARGET fuzz/seeds/TARGET -- -max_total_time=FUZZ_SECONDS
fuzz:
	MAYORLINE_FUZZ_SECONDS=$(FUZZ_SECONDS) $(CARGO) test --release --test fuzz -- --nocapture --test-threads=$(TEST_THREADS)
	MAYORLINE_FUZZ_SECONDS=$(FUZZ_SECONDS) $(CARGO) test --release --lib call::grammar -- --nocapture

soak:
	MAYORLINE_SOAK_SECONDS=$(SOAK_SECONDS) MAYORLINE_SOAK_CALLS=$(SOAK_CALLS) \
		$(CARGO) test --release --test telephony three_way_calls_have_no_gap -- --nocapture

bench:
	tests/install.sh
	$(CARGO) build --release --bin mayorline
	$(CARGO) bench --bench load
	$(CARGO) bench --bench city
	$(CARGO) bench --bench mail
	$(CARGO) bench --bench sms
