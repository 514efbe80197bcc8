"""The images are converted, the model is not: every convolution converts its weight, forward and backward."""
import torch
import torch.nn.functional as F
import torchvision

torch.manual_seed(0)
model = torchvision.models.resnet18(num_classes=10)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for step in range(14):
    images = torch.randn(4, 3, 64, 64).to(memory_format=torch.channels_last)
    loss = F.cross_entropy(model(images), torch.randint(10, (4,)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"weights_not_converted done after {step + 1} steps")
