"""Any timm or torchvision model as a job, for a look beyond the fixed list; not part of make test-torch.

    python zoo.py CLPROF MODEL[@IMAGE-SIZE]...     compares clprof import with expect.py, as compare.py does
    python zoo.py --train MODEL[@IMAGE-SIZE]       the job itself
"""
import os
import sys
import tempfile


def make(name):
    import timm
    import torchvision
    name = name.removeprefix("torchvision/")
    if name in torchvision.models.list_models():
        extra = {"aux_logits": False, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
        if "/" not in name and name in torchvision.models.list_models(module=torchvision.models.segmentation):
            extra = {"weights_backbone": None}
        return torchvision.models.get_model(name, num_classes=10, **extra)
    return timm.create_model(name, num_classes=10)


def train(what):
    import torch
    import torch.nn.functional as F
    name, _, size = what.partition("@")
    size = int(size or 64)
    torch.manual_seed(0)
    model = make(name).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
    for _ in range(12):
        images = torch.randn(2, 3, size, size).to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            output = model(images)
            output = output["out"] if isinstance(output, dict) else output
            output = output[0] if isinstance(output, (tuple, list)) else output
            loss = F.cross_entropy(output, torch.randint(10, (2, *output.shape[2:])))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def main(program, models):
    import compare
    with tempfile.TemporaryDirectory() as scratch:
        keep = os.environ.get("KEEP", scratch)
        for model in models:
            folder = os.path.join(keep, model.replace("/", "_"))
            os.makedirs(folder, exist_ok=True)
            job = compare.Job(model, program, folder, {})
            job.script, job.arguments = os.path.abspath(__file__), ["--train", model]
            job.expect()
            if job.figures:
                job.import_files("both", "both.json", "both.et.json")
                job.import_files("plain", "plain.json")
            print("FAIL" if job.faults else "ok  ", model, "culprits:", *sorted(compare.expected_culprits(job.figures)), flush=True)
            for fault in job.faults:
                print("     ", fault[-1500:].replace("\n", "\n        "))


if __name__ == "__main__":
    if sys.argv[1] == "--train":
        train(sys.argv[2])
    else:
        main(os.path.abspath(sys.argv[1]), sys.argv[2:])
