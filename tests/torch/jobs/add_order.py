"""Fresh noise comes in NCHW; it stands first in the sum, so the sum is NCHW."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Noisy(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        x = self.norm(self.conv(x))
        noise = torch.randn(x.shape) * 0.01
        return F.relu(noise + x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1)
        self.noisy1 = Noisy(16)
        self.noisy2 = Noisy(16)
        self.plain = nn.Sequential(nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.BatchNorm2d(32), nn.ReLU())
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        x = self.noisy2(self.noisy1(self.stem(x)))
        return self.head(self.plain(x).mean((2, 3)))


torch.manual_seed(0)
net = Net().to(memory_format=torch.channels_last)
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for step in range(14):
    images = torch.randn(8, 3, 32, 32).to(memory_format=torch.channels_last)
    loss = F.cross_entropy(net(images), torch.randint(10, (8,)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"add_order done after {step + 1} steps")
