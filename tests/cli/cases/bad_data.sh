# Missing and damaged data: file and byte, exit 1, no trace left.
mkdir data
run train resnet18 --data data
cp /usr/share/datasets/fashion-mnist/* data/
head -c 100000 /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz >data/train-images-idx3-ubyte.gz
run train resnet18 --data data --image-size 32 --batch 2 --quiet
echo "not gzip at all, just text" >data/train-images-idx3-ubyte.gz
run train resnet18 --data data --image-size 32 --batch 2 --quiet
ls
