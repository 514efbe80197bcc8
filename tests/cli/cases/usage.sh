run -h
run
run trian
run train
run train resnet50 extra
run train resnet5O
run train zzzzzzzzz
run train resnet50 --batch 0
run train resnet50 --batch ten
run train resnet50 --bacth 4
run train resnet50 --image-size 16
run train resnet50 --channels-last --contiguous
run train resnet50 --amp fp8
run train resnet50 --profile 3
run train resnet50 --policy torch-2.15-cpi
run train resnet50 --data nowhere
run train resnet50 --device cuda
run train resnet50 -o no/such/folder/trace.db
ls
