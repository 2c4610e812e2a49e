#!/bin/sh
# Every test with what it needs: `make test`. $1: how many tests at once.
#
# What waits on the real clock or for other programs goes first; what only computes, and the lints, get what
# that leaves of the processors (SCHED_IDLE). Cargo builds one thing at a time in a folder: whatever is built for the
# lints is built while tests run that are built already. Real clients of tests/telephony want the machine for themselves and
# come last.
set -eu

at_once=$1
installing=''
computing=''

# Nothing is left running behind a run that ends early: what computes is ended, an installation, which must not
# stop half-way, is waited for.
end() {
    status=$?
    [ -z "$computing" ] || kill -- "-$computing" 2>/dev/null || kill "$computing" 2>/dev/null || true
    [ -z "$installing" ] || wait "$installing" || true
    exit "$status"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Whatever is built is built once, so that keeping it for smaller changes would only cost.
export CARGO_INCREMENTAL=0

cargo fmt --all --check
tests/install.sh &
installing=$!
cargo test --bins --test '*' --no-run
wait "$installing"
installing=''

computed='--test tidy'
timed='--bins'
for main in tests/*/main.rs; do
    name=$(basename "$(dirname "$main")")
    case $name in
        casework | fuzz | messages | sim | sip | speech) computed="$computed --test $name" ;;
        telephony) ;;
        *) timed="$timed --test $name" ;;
    esac
done
# Units need no speed, and half of all building is theirs when they are optimised.
# In a process group of its own, so that what it has started ends with it.
# shellcheck disable=SC2016 # the inner shell expands them
setsid chrt --idle 0 sh -euc '
    sleep 10
    cargo test --no-fail-fast $1 -- --test-threads="$2"
    cargo --config "profile.dev.package.mayorline.opt-level=0" test --lib -- --test-threads="$2"
    cargo test --doc
    exec make lint
' computing "$computed" "$at_once" >target/computed.txt 2>&1 &
computing=$!
tested=0
# shellcheck disable=SC2086 # words are meant
cargo test --no-fail-fast $timed -- --test-threads="$at_once" || tested=$?
computed=0
wait "$computing" || computed=$?
computing=''
cat target/computed.txt
# One test each: `set -e` passes over what fails on the left of `&&`.
[ "$tested" -eq 0 ]
[ "$computed" -eq 0 ]
cargo test --test telephony -- --test-threads="$at_once"
