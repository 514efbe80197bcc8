# A signal in the middle of an import: the process ends by it, and nothing stays behind; an older trace stays as it was.
line='onednn_verbose,primitive,exec,cpu,reorder,jit:uni,undef,src_f32::blocked:abcd::f0 dst_f32::blocked:acdb::f0,,,16x64x56x56,0.5'
yes "$line" | head -n 10000 >short.log
yes "$line" | head -n 1500000 >long.log
"$CLPROF" import short.log -o t.db >/dev/null || echo failed
cp t.db before.db
for signal in INT TERM HUP; do
    timeout --preserve-status -s $signal 0.3 "$CLPROF" import long.log -o t.db
    echo "exit $?"
done
cmp t.db before.db
ls -A | grep -v '^[.]'
