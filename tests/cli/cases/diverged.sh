# A loss that is no number ends the training as failed; the trace keeps every finished step.
"$CLPROF" train resnet18 --data synthetic --image-size 32 --batch 2 --lr 1e6 --weight-decay 1000 --amp off --profile 1:12 \
    --probe 0 --threads 2 --quiet -o t.db 2>&1 >/dev/null
echo "exit $?"
run query t.db "SELECT count(*) > 1 AS kept, count(loss) < count(*) AS unknown FROM steps"
