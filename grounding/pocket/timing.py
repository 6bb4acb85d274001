"""How fast and how large the pocket models are in use."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable

import torch

from grounding.pocket.models import load_clip, load_detector, load_pipeline

STEPS = 25


def timings() -> dict[str, str]:
    """Loading, one unguided picture, the same as a multiple of its bare UNet passes, and the peak of memory."""
    load_pipeline()  # the first call also imports the libraries
    loading = best(lambda: (load_pipeline(), load_clip(), load_detector()), 2)
    pipeline = load_pipeline()
    noisy, step, words = (
        torch.randn(2, 4, 32, 32),
        torch.tensor(500),
        torch.randn(2, 77, pipeline.unet.config.cross_attention_dim),
    )

    @torch.no_grad()
    def passes() -> None:
        for _ in range(STEPS):
            pipeline.unet(noisy, step, encoder_hidden_states=words)

    def whole() -> None:
        pipeline("a red ball", num_inference_steps=STEPS, generator=torch.Generator().manual_seed(0))

    one, bare = best(whole, 3), best(passes, 3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {
        "loading everything": f"{loading:.2f} s",
        f"one picture, {STEPS} steps": f"{one:.2f} s on {torch.get_num_threads()} threads",
        "ratio to its bare UNet passes": f"{one / bare:.2f}",
        "peak memory": f"{peak:.2f} GB",
    }


def best(action: Callable[[], object], repeats: int) -> float:
    """The shortest of a few runs, in seconds."""
    took = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        took.append(time.perf_counter() - start)
    return min(took)
