#!/bin/sh
# Every test with what it needs: `make test`. $1: how many tests at once.
#
# Tests wait most of the time, and the lints get what they leave of the processors (SCHED_IDLE). Cargo builds one
# thing at a time in a folder, so the lints begin behind the tests: before them they would keep them waiting.
# Real clients of tests/telephony want the machine for themselves and come last.
set -eu

at_once=$1
installing=''
linting=''

# Nothing is left running behind a run that ends early: lints are ended, an installation, which must not stop
# half-way, is waited for.
end() {
    status=$?
    [ -z "$linting" ] || kill -- "-$linting" 2>/dev/null || kill "$linting" 2>/dev/null || true
    [ -z "$installing" ] || wait "$installing" || true
    exit "$status"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Whatever is built is built once, so that keeping it for smaller changes would only cost.
export CARGO_INCREMENTAL=0

# Units need no speed, and half of all building is theirs when they are optimised.
units() {
    cargo --config 'profile.dev.package.mayorline.opt-level=0' test --lib "$@"
}

cargo fmt --all --check
tests/install.sh &
installing=$!
cargo test --bins --test '*' --no-run
units --no-run
wait "$installing"
installing=''
cargo test --doc
units -- --test-threads="$at_once"

beside='--bins --test tidy'
for main in tests/*/main.rs; do
    name=$(basename "$(dirname "$main")")
    [ "$name" = telephony ] || beside="$beside --test $name"
done
# In a process group of their own, so that what they have started ends with them.
setsid sh -c 'sleep 10 && exec chrt --idle 0 make lint' >target/lint.txt 2>&1 &
linting=$!
tested=0
# shellcheck disable=SC2086 # words are meant
cargo test --no-fail-fast $beside -- --test-threads="$at_once" || tested=$?
linted=0
wait "$linting" || linted=$?
linting=''
cat target/lint.txt
# One test each: `set -e` passes over what fails on the left of `&&`.
[ "$tested" -eq 0 ]
[ "$linted" -eq 0 ]
cargo test --test telephony -- --test-threads="$at_once"
