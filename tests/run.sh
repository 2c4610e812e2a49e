#!/bin/sh
# Every test with what it needs: `make test`. $1: how many tests at once, in each of two groups.
#
# Tests wait most of the time, and the lints get what they leave of the processors (SCHED_IDLE). Cargo builds one
# thing at a time in a folder, so the lints begin behind the tests: before them they would keep them waiting.
# Real clients of tests/telephony want the machine for themselves and come last.
set -eu

at_once=$1
installing=''
linting=''
computing=''

# Nothing is left running behind a run that ends early: lints and tests are ended, an installation, which must
# not stop half-way, is waited for.
end() {
    status=$?
    for group in $linting $computing; do
        kill -- "-$group" 2>/dev/null || kill "$group" 2>/dev/null || true
    done
    [ -z "$installing" ] || wait "$installing" || true
    exit "$status"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Whatever is built is built once, so that keeping it for smaller changes would only cost.
export CARGO_INCREMENTAL=0

# Only who talks by telephone needs a program that is fast; without, building takes a third of the time.
plain="cargo --config profile.dev.package.mayorline.opt-level=0 test"

# What waits for other programs and clocks runs beside what computes.
of_programs=''
of_rules='--lib --bins --test tidy'
for main in tests/*/main.rs; do
    name=$(basename "$(dirname "$main")")
    case $name in
        telephony) ;;
        channels | probes | recovery | web) of_programs="$of_programs --test $name" ;;
        *) of_rules="$of_rules --test $name" ;;
    esac
done

cargo fmt --all --check
tests/install.sh &
installing=$!
# shellcheck disable=SC2086 # words are meant, here and below
$plain $of_rules $of_programs --no-run
wait "$installing"
installing=''
$plain --doc

# In process groups of their own, so that what they have started ends with them.
setsid sh -c 'sleep 20 && exec chrt --idle 0 sh -c "make lint && cargo test --test telephony --no-run"' \
    >target/lint.txt 2>&1 &
linting=$!
# shellcheck disable=SC2086
setsid $plain --no-fail-fast $of_rules -- --test-threads="$at_once" >target/rules.txt 2>&1 &
computing=$!
tested=0
# shellcheck disable=SC2086
$plain --no-fail-fast $of_programs -- --test-threads="$at_once" || tested=$?
computed=0
wait "$computing" || computed=$?
computing=''
cat target/rules.txt
linted=0
wait "$linting" || linted=$?
linting=''
cat target/lint.txt
# One test each: `set -e` passes over what fails on the left of `&&`.
[ "$tested" -eq 0 ]
[ "$computed" -eq 0 ]
[ "$linted" -eq 0 ]
cargo test --test telephony -- --test-threads="$at_once"
