"""timm resnet50_gn, channels_last; the images are handed over as the loader makes them, NCHW."""
import timm
import torch

torch.manual_seed(0)
model = timm.create_model("resnet50_gn", num_classes=10)
model = model.to(memory_format=torch.channels_last)
criterion = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
model.train()
for step in range(14):
    images, labels = torch.randn(2, 3, 64, 64), torch.randint(10, (2,))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = model(images)
        loss = criterion(output, labels)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
print(f"resnet50_gn done after {step + 1} steps")
