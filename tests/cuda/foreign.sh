#!/bin/sh
# clprof run --cupti of somebody else's program: every kernel of a graph, every copy, CUPTI's own work. foreign.sh PROGRAM FOREIGN, on tests/simgpu.
. "$(dirname -- "$0")/lib.sh"
[ -n "${SIMGPU:-}" ] || { echo "skipped: needs tests/simgpu"; exit 77; }
foreign=$2

expect() { # SQL, what it must say
    said=$("$CLPROF" query --format csv trace.db "$1" 2>&1 | tail -n +2 | tr -d '\r' | tr '\n' ' ')
    [ "$said" = "$2 " ] || fail "$1: '$said', not '$2'"
}

SIMGPU_DEVICES=2 "$CLPROF" run --cupti -o trace.db -- "$foreign" >out 2>err || fail "run: exit $?: $(cat err)"

# Once by itself, three times as a graph: none is missing, each is tied to the call that launched it.
for name in nchwToNhwcKernel sum_block "Memset (Device)"; do
    expect "SELECT count(*) FROM kernels WHERE name = '$name'" 4
done
expect "SELECT count(*) FROM kernels WHERE correlation_id IS NULL OR launch_ns IS NULL OR start_ns < launch_ns" 0
expect "SELECT count(*) FROM kernels WHERE name IN ('nchwToNhwcKernel', 'sum_block', 'Memset (Device)') GROUP BY correlation_id
        ORDER BY min(start_ns)" "1 1 1 3 3 3"
expect "SELECT count(DISTINCT launch_ns) FROM kernels WHERE name = 'sum_block'" 4
# Those that convert are conversions, whoever launched them.
expect "SELECT count(*) || cause || from_format || to_format FROM conversions" 4librarycontiguouschannels_last
# Within a device, between two, from the host.
expect "SELECT name || ' ' || bytes_read FROM kernels WHERE name LIKE 'Memcpy%' ORDER BY start_ns" \
    "Memcpy HtoD (Pageable -> Device) 1024 Memcpy DtoD (Device -> Device) 1024 Memcpy PtoP (Device -> Device) 1024"
# Two kernels were instrumented, 20 us each; the other times are this machine's.
expect "SELECT count(*) FROM note WHERE text LIKE 'CUPTI''s own time: %instrumenting kernels 0.040 ms, asking for buffers % ms%'" 1
expect "SELECT count(*) FROM note" 1

end
