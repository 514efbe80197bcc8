"""torchvision resnet18, channels_last, bfloat16 autocast: what the tutorial says."""
import torch
import torch.nn.functional as F
import torchvision

torch.manual_seed(0)
model = torchvision.models.resnet18(num_classes=10).to(memory_format=torch.channels_last)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
model.train()
for step in range(14):
    images = torch.randn(4, 3, 64, 64).to(memory_format=torch.channels_last)
    labels = torch.randint(10, (4,))
    with torch.autocast("cpu", torch.bfloat16):
        loss = F.cross_entropy(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"resnet18 done after {step + 1} steps")
