"""timm's own way: create_model, create_optimizer_v2 (groups with and without weight decay), its scheduler; squeeze and excite."""
import timm
import timm.loss
import torch
from timm.optim import create_optimizer_v2
from timm.scheduler import CosineLRScheduler
from timm.utils import AverageMeter

torch.manual_seed(0)
model = timm.create_model("mobilenetv3_small_100", num_classes=10, drop_rate=0.2, drop_path_rate=0.1)
model = model.to(memory_format=torch.channels_last)
model.train()
criterion = timm.loss.LabelSmoothingCrossEntropy(0.1)
optimizer = create_optimizer_v2(model, opt="sgd", lr=0.05, momentum=0.9, weight_decay=2e-5)
scheduler = CosineLRScheduler(optimizer, t_initial=14)
losses = AverageMeter()
for step in range(14):
    images = torch.randn(4, 3, 64, 64).contiguous(memory_format=torch.channels_last)
    target = torch.randint(10, (4,))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = criterion(model(images), target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step_update(step)
    losses.update(loss.item(), images.size(0))
print(f"param_groups done after {step + 1} steps, {len(optimizer.param_groups)} groups")
