"""Which way to work attention out is faster on this machine: batched products, or PyTorch's fused kernel.

    python scripts/benchmark_attention.py [--heads 12] [--features 32] [--tokens 4096] [--repeats 7] [--threads N]

Windows of each length, `--tokens` tokens in all, in float32 and in bf16: forward alone and with gradients, the two
ways in turn. Milliseconds of processor time, the least of the repeats. "Taken" is what `packed_attention.is_fused`
says for this processor; a line where the other way is faster by a fifth is marked: its rule wants another kind.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence

import torch

from classifier.models.transformer.batches import WindowRun
from classifier.models.transformer.packed_attention import _Attention, _fused, is_fused

LENGTHS = (16, 32, 64, 128, 256, 512)
MARKED = 1.2
WAYS = ("products", "fused")


def lines(heads: int, features: int, tokens: int, repeats: int) -> Iterator[str]:
    """The lines of the table, as Markdown."""
    yield "| numbers | gradients | length | products, ms | fused, ms | taken | |"
    yield "|---|---|--:|--:|--:|---|---|"
    for dtype in (torch.float32, torch.bfloat16):
        for learns in (False, True):
            for length in LENGTHS:
                times = measure(dtype, learns, WindowRun(0, max(1, tokens // length), length), heads, features, repeats)
                taken, other = (1, 0) if is_fused(dtype, learns=learns) else (0, 1)
                mark = "slower" if times[taken] > MARKED * times[other] else ""
                name, grads = str(dtype).removeprefix("torch."), "yes" if learns else "no"
                cells = (name, grads, str(length), f"{times[0]:.1f}", f"{times[1]:.1f}", WAYS[taken], mark)
                yield f"| {' | '.join(cells)} |"


def measure(
    dtype: torch.dtype, learns: bool, run: WindowRun, heads: int, features: int, repeats: int
) -> tuple[float, float]:
    """Milliseconds of processor time of the two ways."""
    query, key, value = (torch.randn(run.end, heads, features, dtype=dtype, requires_grad=learns) for _ in range(3))
    gradient, scaling = torch.randn(run.end, heads, features, dtype=dtype), features**-0.5

    def work(mix: Callable[[], torch.Tensor]) -> None:
        mixed = mix()
        if learns:
            mixed.backward(gradient)  # type: ignore[no-untyped-call]

    ways: tuple[Callable[[], torch.Tensor], ...] = (
        lambda: _Attention.apply(query, key, value, None, (run,), scaling, None),  # type: ignore[no-untyped-call]
        lambda: _fused(query, key, value, (run,), scaling, None, None),
    )
    best = [float("inf")] * 2
    for _ in range(repeats + 1):
        for index, way in enumerate(ways):
            started = time.process_time()
            work(way)
            best[index] = min(best[index], 1000 * (time.process_time() - started))
    return best[0], best[1]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    for name, default in (("heads", 12), ("features", 32), ("tokens", 4096), ("repeats", 7)):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"default: {default}")
    parser.add_argument("--threads", type=int, help="default: as torch chooses")
    options = parser.parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    for line in lines(options.heads, options.features, options.tokens, options.repeats):
        print(line, flush=True)


if __name__ == "__main__":
    main()
