"""torchvision shufflenet_v2_x1_0: channel shuffle by view, transpose and contiguous."""
import torch
import torchvision

torch.manual_seed(0)
model = torchvision.models.shufflenet_v2_x1_0(num_classes=10)
model.to(memory_format=torch.channels_last)
criterion = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(14):
    images = torch.randn(4, 3, 64, 64).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(10, (4,))
    optimizer.zero_grad()
    loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()
print(f"shufflenet done after {step + 1} steps")
