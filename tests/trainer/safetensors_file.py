#!/usr/bin/env python3
"""Writes tests/trainer/data/small.safetensors with the safetensors package (0.8), once: test_safetensors.c reads it."""
import os

import torch
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
values = torch.tensor([[0.0, 1.5, -2.25], [3.0e-5, 65504.0, -0.0]])
save_file({"wide": values.double(), "float": values, "half": values.half(), "brain": values.bfloat16(), "count": torch.tensor(7),
           "empty": torch.zeros(0, 4), "naïve \"name\"\\": torch.ones(1)},
          os.path.join(HERE, "data", "small.safetensors"), metadata={"format": "pt", "note": "a \"note\""})
