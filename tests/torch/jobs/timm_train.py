"""timm's own training loop, put together from timm's parts in the way of its train.py: loader with prefetching, mixup, label smoothing,
EMA, a scaler that clips, a schedule by updates, an evaluation after each epoch."""
import torch
from timm.data import Mixup, create_loader, resolve_data_config
from timm.loss import SoftTargetCrossEntropy
from timm.models import create_model
from timm.optim import create_optimizer_v2
from timm.scheduler import create_scheduler_v2
from timm.utils import AverageMeter, ModelEmaV3, NativeScaler, accuracy, random_seed
from torchvision.datasets import FakeData

EPOCHS, BATCH, ACCUMULATE = 1, 4, 1

random_seed(0)
device = torch.device("cpu")
model = create_model("tresnet_m", num_classes=10, drop_path_rate=0.05)
data_config = resolve_data_config({"img_size": 64}, model=model)
model = model.to(device).to(memory_format=torch.channels_last)
optimizer = create_optimizer_v2(model, opt="adamw", lr=1e-3, weight_decay=0.05)
autocast = torch.amp.autocast(device_type="cpu", dtype=torch.bfloat16)
loss_scaler = NativeScaler(device="cpu")
model_ema = ModelEmaV3(model, decay=0.999, use_warmup=True)


def loader(size, training):
    dataset = FakeData(size, image_size=(3, 64, 64), num_classes=10)
    return create_loader(dataset, input_size=data_config["input_size"], batch_size=BATCH, is_training=training, use_prefetcher=True,
                         no_aug=not training, mean=data_config["mean"], std=data_config["std"], num_workers=1, device=device)


loader_train, loader_eval = loader(56, True), loader(8, False)
mixup = Mixup(mixup_alpha=0.2, cutmix_alpha=1.0, label_smoothing=0.1, num_classes=10)
train_loss_fn = SoftTargetCrossEntropy()
updates_per_epoch = (len(loader_train) + ACCUMULATE - 1) // ACCUMULATE
lr_scheduler, num_epochs = create_scheduler_v2(optimizer, sched="cosine", num_epochs=EPOCHS, warmup_epochs=0, step_on_epochs=False,
                                               updates_per_epoch=updates_per_epoch)


def train_one_epoch(epoch):
    losses = AverageMeter()
    num_updates = epoch * updates_per_epoch
    model.train()
    optimizer.zero_grad()
    for batch, (input, target) in enumerate(loader_train):
        input, target = mixup(input, target)
        input = input.contiguous(memory_format=torch.channels_last)
        need_update = batch == len(loader_train) - 1 or (batch + 1) % ACCUMULATE == 0
        with autocast:
            loss = train_loss_fn(model(input), target) / ACCUMULATE
        loss_scaler(loss, optimizer, clip_grad=1.0, clip_mode="norm", parameters=model.parameters(), need_update=need_update)
        losses.update(loss.item() * ACCUMULATE, input.size(0))
        if not need_update:
            continue
        num_updates += 1
        optimizer.zero_grad()
        model_ema.update(model, step=num_updates)
        lr_scheduler.step_update(num_updates=num_updates, metric=losses.avg)


def validate(model):
    top1 = AverageMeter()
    model.eval()
    with torch.inference_mode():
        for input, target in loader_eval:
            input = input.contiguous(memory_format=torch.channels_last)
            with autocast:
                output = model(input)
            top1.update(accuracy(output, target)[0].item(), input.size(0))
    return top1.count


for epoch in range(num_epochs):
    train_one_epoch(epoch)
    seen = validate(model), validate(model_ema)
    lr_scheduler.step(epoch + 1)
print(f"timm_train done after {num_epochs} epochs, {seen[0]} and {seen[1]} images seen")
