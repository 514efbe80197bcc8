# A long trace without steps is looked at in parts, and says so; a short one is looked at whole.
operators() { # operators COUNT: a Kineto file
    awk -v n="$1" 'BEGIN {
        printf "{\"traceEvents\":["
        for (i = 0; i < n; i++)
            printf "%s{\"ph\":\"X\",\"cat\":\"cpu_op\",\"name\":\"aten::relu\",\"pid\":1,\"tid\":1,\"ts\":%d,\"dur\":1}", i ? "," : "", 2 * i
        print "]}"
    }'
}
for count in 1000 250000; do
    operators $count >long.json
    "$CLPROF" import long.json -o long.db | grep -A 3 -E '^Steps|no steps'
    "$CLPROF" query long.db "SELECT value FROM figure WHERE name = 'parts'"
done
