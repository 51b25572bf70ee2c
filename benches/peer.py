"""The same work in PyTorch and here, in turns within one run: `./dev bench --peer` calls it.

    python benches/peer.py PROGRAM [--rounds 3] [--threads 1,2]

What is compared: a product of 1024 x 1024 matrices (the rate that the machine can reach), a training step of the network
of `sizewright bench train` (256 rows, 14 tokens of 64 channels attending to 14 of the condition, 8 blocks, AdamW with
clipping and an average of the weights), and drawing 100 sizings as `sizewright bench sample` does (3 blocks, the same
number of steps, with guidance). PyTorch runs eagerly, compiled, and either with bfloat16 autocast. Its network does the
same work as best it can there: fused projections, its own attention, both passes of guidance in one batch, the condition
encoded once. Each figure is the median of the rounds; a ratio is the median of the rounds' ratios, PyTorch by ours.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

WIDTH, HEADS, TOKENS, BATCH, SIZINGS = 64, 4, 14, 256, 100


class Attention(nn.Module):
    def __init__(self, cross):
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.cross = cross
        if cross:
            self.query = nn.Linear(WIDTH, WIDTH)
            self.key_value = nn.Linear(WIDTH, 2 * WIDTH)
        else:
            self.all = nn.Linear(WIDTH, 3 * WIDTH)
        self.output = nn.Linear(WIDTH, WIDTH)

    def forward(self, x, context):
        normal = self.norm(x)
        if self.cross:
            q = self.query(normal)
            k, v = self.key_value(context).chunk(2, -1)
        else:
            q, k, v = self.all(normal).chunk(3, -1)
        rows = x.shape[0]

        def heads(t):
            t = t.view(t.shape[0], -1, HEADS, WIDTH // HEADS).transpose(1, 2)
            if t.shape[0] == rows:
                return t
            # the condition's rows are shared by as many rows each
            return t.repeat_interleave(rows // t.shape[0], 0)

        attended = F.scaled_dot_product_attention(heads(q), heads(k), heads(v))
        return x + self.output(attended.transpose(1, 2).reshape(rows, -1, WIDTH))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.own, self.other = Attention(False), Attention(True)
        self.norm = nn.LayerNorm(WIDTH)
        self.widen, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x, context):
        x = self.other(self.own(x, None), context)
        return x + self.narrow(F.relu(self.widen(self.norm(x))))


class Denoiser(nn.Module):
    def __init__(self, blocks):
        super().__init__()

        def table(deviation):
            return nn.Parameter(deviation * torch.randn(TOKENS, WIDTH))

        self.token_weight, self.token_bias = table(1.0), table(0.5)
        self.feature_weight, self.feature_bias, self.null = table(1.0), table(0.5), table(0.5)
        self.time_in, self.time_out = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)
        self.encoder_norm, self.norm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(blocks))
        self.output_weight, self.output_bias = table(0.02), nn.Parameter(torch.zeros(TOKENS))
        self.register_buffer("rates", torch.exp(-torch.arange(WIDTH // 2) / (WIDTH // 2) * 9.21))

    def forward(self, x, condition, keep, t):
        angle = t[:, None] * self.rates
        moment = self.time_out(F.silu(self.time_in(torch.cat([angle.cos(), angle.sin()], -1))))
        tokens = condition[:, :, None] * self.feature_weight + self.feature_bias
        tokens = torch.where(keep[:, None, None] > 0.5, tokens, self.null) + moment[:, None]
        context = self.encoder_norm(tokens)
        x = x[:, :, None] * self.token_weight + self.token_bias
        for block in self.blocks:
            x = block(x, context)
        return (self.norm(x) * self.output_weight).sum(-1) + self.output_bias


def measured(work, least=3, seconds=1.0):
    """The median of a few runs, in seconds."""
    times, began = [], time.perf_counter()
    while len(times) < least or time.perf_counter() - began < seconds:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def product(half):
    kind = torch.bfloat16 if half else torch.float32
    a, b = torch.randn(1024, 1024).to(kind), torch.randn(1024, 1024).to(kind)
    a @ b
    return lambda: a @ b


def training(compiled, half):
    torch.manual_seed(1)
    model = Denoiser(8)
    average = [p.detach().clone() for p in model.parameters()]
    parameters = list(model.parameters())
    optimiser = torch.optim.AdamW(parameters, lr=1e-3, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    network = torch.compile(model) if compiled else model
    x, condition = torch.randn(BATCH, TOKENS), torch.randn(BATCH, TOKENS)
    keep, t, target = (torch.rand(BATCH) > 0.1).float(), 1000 * torch.rand(BATCH), torch.randn(BATCH, TOKENS)

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            loss = F.mse_loss(network(x, condition, keep, t).float(), target)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0, foreach=True)
        optimiser.step()
        torch._foreach_lerp_(average, [p.detach() for p in parameters], 0.001)

    for _ in range(2):
        step()
    return step


def sampling(compiled, half, steps):
    torch.manual_seed(1)
    model = Denoiser(3).eval()
    network = torch.compile(model) if compiled else model
    # the condition given, and dropped
    condition, keep = torch.randn(1, TOKENS).repeat(2, 1), torch.tensor([1.0, 0.0])

    @torch.inference_mode()
    def draw():
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            x = torch.randn(SIZINGS, TOKENS)
            before = torch.zeros_like(x)
            for i in range(steps):
                t = torch.full((2,), 1000.0 * (1 - i / steps))
                given, dropped = network(x.repeat(2, 1), condition, keep, t).float().chunk(2)
                clean = 0.6 * x - 0.8 * (1.75 * given - 0.75 * dropped)
                x, before = 0.5 * x + 0.6 * clean - 0.1 * before, clean

    for _ in range(2):
        draw()
    return draw


def ours(program, threads):
    """Milliseconds a step and for 100 sizings, with the number of the sampler's steps and a step's GFLOP."""
    found = {}
    for task in ("train", "sample"):
        command = [program, "bench", task, "ota1", "--backend", "cpu", "--json", "-"]
        environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
        text = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
        found[task] = json.loads(text)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="the sizewright to compare with")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", default=f"1,{os.cpu_count()}")
    parser.add_argument("--steps", type=int, default=12, help="PyTorch's solver steps of a draw")
    options = parser.parse_args()
    kinds = {
        "eager": (False, False),
        "compiled": (True, False),
        "bf16 eager": (False, True),
        "bf16 compiled": (True, True),
    }
    print(f"PyTorch {torch.__version__}, {options.rounds} rounds in turns")
    for threads in sorted({int(t) for t in options.threads.split(",")}):
        torch.set_num_threads(threads)
        works = {}
        for name, (compiled, half) in kinds.items():
            try:
                draw = sampling(compiled, half, options.steps)
                works[name] = (None if compiled else product(half), training(compiled, half), draw)
            except Exception as error:  # a machine without a C++ compiler compiles nothing
                print(f"{name}: {type(error).__name__}, left out", file=sys.stderr)
        rounds, mine = [], []
        for _ in range(options.rounds):
            found = ours(options.program, threads)
            mine.append((found["train"]["step_ms"], 1e3 * found["sample"]["seconds"]))
            taken = {n: [None if w is None else 1e3 * measured(w) for w in all_] for n, all_ in works.items()}
            rounds.append(taken)
        steps, flop = found["sample"]["steps"], found["train"]["gflop_a_step"]

        def median(name, which):
            return statistics.median(r[name][which] for r in rounds)

        def ratio(name, which):
            return statistics.median(r[name][which + 1] / m[which] for r, m in zip(rounds, mine))

        s = "" if threads == 1 else "s"
        print(f"\n{threads} thread{s}: {'':<14}{'matmul':>14}{'training step':>24}{f'{SIZINGS} sizings':>24}")
        for name in works:
            rate = f"{2 * 1.024**3 / median(name, 0) * 1e3:.0f} GFLOP/s" if rounds[0][name][0] else ""
            cells = [f"{median(name, w + 1):.0f} ms, {ratio(name, w):.2f} x ours" for w in (0, 1)]
            print(f"{name + f', {options.steps} steps':<25}{rate:>14}{cells[0]:>24}{cells[1]:>24}")
        step, draw = (statistics.median(m[w] for m in mine) for w in (0, 1))
        part = statistics.median(
            flop / m[0] * 1e3 / (2 * 1.024**3 / r["eager"][0] * 1e3) for r, m in zip(rounds, mine)
        )
        cells = f"{f'{step:.0f} ms':>24}{f'{draw:.0f} ms':>24}"
        print(f"{f'ours, {steps} steps':<25}{'':>14}{cells}")
        print(f"ours in training: {flop / step * 1e3:.0f} GFLOP/s, {part:.2f} of PyTorch's f32 matmul in the same round")


if __name__ == "__main__":
    main()
