"""The same training step and generation in PyTorch: `python3 pytorch.py '{"cases": [...], "vocab": 52, ...}' cpu` (or cuda); one JSON line for each line it reads, see cases.ts.

Eager, float32, as a user would write it: fused attention (scaled_dot_product_attention), F.cross_entropy, AdamW (fused where this PyTorch has it for CPU), gradient
clipping. Two threads, or as many as there are cores if fewer. On CUDA everything lies on the device and each run waits for its last number; products are float32, not tf32, as by default.
"""

import json
import math
import os
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, width, heads, mlp):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.RMSNorm(width, eps=1e-6), nn.RMSNorm(width, eps=1e-6)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width, bias=False)
        self.up, self.down = nn.Linear(width, 2 * mlp, bias=False), nn.Linear(mlp, width, bias=False)

    def forward(self, x, cos, sin):
        B, T, D = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(B, T, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4)
        half = D // self.heads // 2
        turn = lambda t: t * cos + torch.cat((-t[..., half:], t[..., :half]), -1) * sin
        y = F.scaled_dot_product_attention(turn(q), turn(k), v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(B, T, D))
        gate, up = self.up(self.norm2(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Decoder(nn.Module):
    def __init__(self, layers, width, heads, vocab, length):
        super().__init__()
        mlp = math.ceil(width * 8 / 3 / 16) * 16
        self.embed = nn.Embedding(vocab, width)
        self.blocks = nn.ModuleList(Block(width, heads, mlp) for _ in range(layers))
        self.norm, self.head = nn.RMSNorm(width, eps=1e-6), nn.Linear(width, vocab, bias=False)
        size = width // heads
        angle = torch.outer(torch.arange(length).float(), 1e6 ** (-torch.arange(0, size, 2).float() / size))
        angle = torch.cat((angle, angle), -1)
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return self.head(self.norm(x))


def training(case):
    """A training step; returns what runs it, its steps, and its description."""
    torch.manual_seed(0)
    B, T, V = case["batch"], case["length"], spec["vocab"]
    model = Decoder(case["layers"], case["width"], case["heads"], V, T).to(device)
    groups = [
        {"params": [p for p in model.parameters() if p.dim() >= 2], "weight_decay": 0.1},
        {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0},
    ]
    try:
        optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), fused=True)
    except (RuntimeError, TypeError):
        optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95))
    index = torch.arange(B * T, device=device)
    n = 0

    def step():
        nonlocal n
        n += 1
        ids = ((index * 7 + n * 3) % V).view(B, T)
        targets = (index * 5 + n) % V
        loss = F.cross_entropy(model(ids).view(-1, V), targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item(), norm.item()

    return step, 1, {"tokens": B * T, "firstLoss": step()[0], **described(model)}


def described(model):
    named = {"device": torch.cuda.get_device_name()} if device == "cuda" else {}
    size = sum(p.numel() for p in model.parameters())
    return {"engine": "pytorch" if device == "cpu" else "pytorch, CUDA", "version": torch.__version__, "parameters": size, **named}


@torch.inference_mode()
def generate(model, ids, tokens):
    """One token at a time for all rows, keys and values of the tokens before kept in place."""
    (B, P), width = ids.shape, model.embed.weight.shape[1]
    heads = model.blocks[0].heads
    size, half = width // heads, width // heads // 2
    caches = [torch.empty(2, B, heads, P + tokens, size, device=device) for _ in model.blocks]
    said, at = [], 0
    for _ in range(tokens):
        T = ids.shape[1]
        cos, sin = model.cos[at : at + T], model.sin[at : at + T]
        turn = lambda t: t * cos + torch.cat((-t[..., half:], t[..., :half]), -1) * sin
        x = model.embed(ids)
        for block, cache in zip(model.blocks, caches):
            q, k, v = block.qkv(block.norm1(x)).view(B, T, 3, heads, size).permute(2, 0, 3, 1, 4)
            cache[0, :, :, at : at + T], cache[1, :, :, at : at + T] = turn(k), v
            keys, values = cache[:, :, :, : at + T]
            y = F.scaled_dot_product_attention(turn(q), keys, values, is_causal=T > 1)
            x = x + block.out(y.transpose(1, 2).reshape(B, T, width))
            gate, up = block.up(block.norm2(x)).chunk(2, -1)
            x = x + block.down(F.silu(gate) * up)
        ids = torch.multinomial(F.softmax(model.head(model.norm(x[:, -1])), -1), 1)
        said.append(ids)
        at += T
    # On the host, where whoever asked reads it.
    return torch.cat(said, 1).cpu()


def generation(case):
    """As `training`: a generation, of as many steps as tokens."""
    torch.manual_seed(0)
    rows, prompt, tokens, V = case["rows"], case["prompt"], case["tokens"], spec["vocab"]
    model = Decoder(case["layers"], case["width"], case["heads"], V, prompt + tokens).to(device)
    ids = (torch.arange(rows * prompt, device=device) % V).view(rows, prompt)
    return lambda: generate(model, ids, tokens), tokens, {"tokens": rows, **described(model)}


def measured(run, steps, seconds):
    """Medians over the runs of a round, per step: milliseconds, and milliseconds of all processors."""
    rounds, end = [], time.perf_counter() + seconds
    while not rounds or time.perf_counter() < end:
        start, used = time.perf_counter(), time.process_time()
        run()
        rounds.append((time.perf_counter() - start, time.process_time() - used))
    ms, processor = (sorted(column)[len(rounds) // 2] * 1000 / steps for column in zip(*rounds))
    return {"ms": ms, "processorMs": processor}


spec, device = json.loads(sys.argv[1]), sys.argv[2]
if device == "cuda" and not torch.cuda.is_available():
    sys.exit("Error: PyTorch finds no CUDA device")
torch.set_num_threads(min(2, os.cpu_count() or 1))
kinds = {case["name"]: (training, case) for case in spec["cases"]}
kinds |= {case["name"]: (generation, case) for case in spec["generations"]}
for line in sys.stdin:
    command = json.loads(line)
    answer = {}
    if command["do"] == "start":
        kind, case = kinds[command["case"]]
        run, steps, description = kind(case)
        for _ in range(spec["warmup"]):
            run()
    elif command["do"] == "round":
        answer = measured(run, steps, spec["roundSeconds"])
    else:
        answer = description
    print(json.dumps(answer), flush=True)
