"""torchvision resnet18 as most scripts run it: NCHW, no memory format anywhere."""
import torch
import torch.nn.functional as F
import torchvision

torch.manual_seed(0)
model = torchvision.models.resnet18(num_classes=10)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for step in range(14):
    images, labels = torch.randn(4, 3, 64, 64), torch.randint(10, (4,))
    with torch.autocast("cpu", torch.bfloat16):
        loss = F.cross_entropy(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"contiguous done after {step + 1} steps")
