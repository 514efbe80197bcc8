"""A DataLoader with two workers; softmax over the channels as a spatial attention."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class Noise(Dataset):
    def __len__(self):
        return 4 * 14

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        return torch.randn(3, 32, 32, generator=generator), index % 10


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        x = self.conv1(x)
        x = x * F.softmax(x, dim=1)
        return self.head(F.relu(self.conv2(x)).mean((2, 3)))


def main():
    torch.manual_seed(0)
    net = Net().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    loader = DataLoader(Noise(), batch_size=4, num_workers=2, shuffle=True)
    steps = 0
    for images, labels in loader:
        images = images.to(memory_format=torch.channels_last)
        loss = F.cross_entropy(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps += 1
    print(f"workers done after {steps} steps")


if __name__ == "__main__":
    main()
