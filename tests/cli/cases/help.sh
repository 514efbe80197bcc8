# Every command answers -h on stdout with exit code 0.
for command in $("$CLPROF" -h | sed -n 's/^  \([a-z]*\)  *.*/\1/p'); do
    "$CLPROF" "$command" -h >out 2>err && test -s out && test ! -s err && echo "$command ok"
done
