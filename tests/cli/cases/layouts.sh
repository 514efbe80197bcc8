# The table of layouts: its rows and their shape; times are the machine's.
small="--batch 2 --image-size 32 --rounds 2 --warmup 0 --quiet --threads 2"
run layouts mobilenet_v2 $small
"$CLPROF" layouts mobilenet_v2 $small --format csv >table.csv && cut -d, -f1-3 table.csv && awk -F, 'NR > 1 { print ($4 > 0), ($10 > 0), ($5 != "") }' table.csv
run layouts resnet18 resnet81 $small --format json
run layouts resnet18 --image-size 8 --format csv
