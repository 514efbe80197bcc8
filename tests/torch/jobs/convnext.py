"""torchvision convnext_tiny: permute, LayerNorm and Linear, permute back."""
import torch
import torchvision

torch.manual_seed(0)
model = torchvision.models.convnext_tiny(num_classes=10).to(memory_format=torch.channels_last)
criterion = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
for step in range(14):
    images = torch.randn(2, 3, 64, 64).to(memory_format=torch.channels_last)
    labels = torch.randint(10, (2,))
    with torch.amp.autocast("cpu", torch.bfloat16):
        loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
print(f"convnext done after {step + 1} steps")
