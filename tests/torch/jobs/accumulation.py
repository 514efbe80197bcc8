"""Two micro-batches for each optimizer step; pixel_shuffle's gradient and grid_sample."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1)
        self.theta = nn.Parameter(torch.eye(2, 3))
        self.conv = nn.Conv2d(16, 32, 3, padding=1)
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        x = F.relu(self.stem(x))
        grid = F.affine_grid(self.theta.expand(x.shape[0], 2, 3), x.shape, align_corners=False)
        x = F.grid_sample(x, grid, align_corners=False)
        return self.head(F.relu(self.conv(x)).mean((2, 3)))


torch.manual_seed(0)
net = Net().to(memory_format=torch.channels_last)
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
batches = 0
for step in range(14):
    for micro in range(2):
        images = torch.randn(4, 3, 32, 32).to(memory_format=torch.channels_last)
        loss = F.cross_entropy(net(images), torch.randint(10, (4,))) / 2
        loss.backward()
        batches += 1
    optimizer.step()
    optimizer.zero_grad()
print(f"accumulation done after {step + 1} steps, {batches} batches")
