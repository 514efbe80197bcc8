# A policy file whose rows are wrong: file, row and word.
printf 'device\tcpu\nautocast\tbfloat16\naten::nosuch\tinput\trun\tnowhere\n' >bad.tsv
run train resnet18 --policy ./bad.tsv --data synthetic
printf 'device\tcpu\nautocast\tbfloat16\naten::convolution\tsideways\trun\tnowhere\n' >rule.tsv
run train resnet18 --policy ./rule.tsv --data synthetic
ls
