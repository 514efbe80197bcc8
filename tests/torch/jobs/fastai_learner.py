"""A fastai Learner with its ChannelsLast callback and its own optimizer; a progress bar nobody asked for is off."""
import torch
import torch.nn as nn
from fastai.callback.channelslast import ChannelsLast
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.learner import Learner

torch.manual_seed(0)
images, labels = torch.randn(7 * 8, 3, 32, 32), torch.randint(10, (7 * 8,))
samples = list(zip(images, labels))
loaders = DataLoaders(DataLoader(samples, bs=8, shuffle=True), DataLoader(samples[:8], bs=8), device=torch.device("cpu"))
model = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.CircularPad2d(1), nn.Conv2d(16, 16, 3),
                      nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))
learner = Learner(loaders, model, loss_func=nn.CrossEntropyLoss(), cbs=ChannelsLast())
with learner.no_bar(), learner.no_logging():
    learner.fit(2, lr=1e-3)
print("fastai_learner done after", learner.train_iter, "steps of the last epoch")
