"""The large autoencoder takes over what the small one knows, and learns from windows of the same place."""

from pathlib import Path

import numpy as np
import pytest
import torch

from grounding.pocket.training.autoencoder import CHANNELS, build
from grounding.pocket.training.larger import CELLS, SIDE, _cut, _window, grow
from grounding.pocket.training.painted import FILE, again, painted
from grounding.pocket.training.scenes import SHARD, SceneFeed
from grounding.pocket.training.unet import build as build_unet
from grounding.pocket.training.unet import scheduler


@pytest.mark.parametrize("side", sorted(CHANNELS))
def test_pictures_of_either_side_have_latents_of_32_by_32(side: int) -> None:
    vae = build(side)
    with torch.no_grad():
        found = vae.encode(torch.zeros(1, 3, side, side)).latent_dist.mean
        assert found.shape == (1, 4, 32, 32)
        assert vae.decode(found).sample.shape == (1, 3, side, side)
    assert vae.config.sample_size == side


def test_a_grown_autoencoder_has_the_inner_stages_and_the_scale_of_the_small_one() -> None:
    small, large = build(128), build(SIDE)
    small.register_to_config(scaling_factor=0.75)
    grow(large, small)
    theirs, ours = small.state_dict(), large.state_dict()
    for inner, outer in (
        ("encoder.down_blocks.1.resnets.0.conv2.weight", "encoder.down_blocks.2.resnets.0.conv2.weight"),
        ("encoder.down_blocks.2.resnets.0.conv1.weight", "encoder.down_blocks.3.resnets.0.conv1.weight"),
        ("encoder.mid_block.resnets.0.conv1.weight", "encoder.mid_block.resnets.0.conv1.weight"),
        ("decoder.up_blocks.0.resnets.0.conv1.weight", "decoder.up_blocks.0.resnets.0.conv1.weight"),
        ("decoder.up_blocks.1.resnets.1.conv2.weight", "decoder.up_blocks.1.resnets.1.conv2.weight"),
        ("quant_conv.weight", "quant_conv.weight"),
    ):
        assert torch.equal(theirs[inner], ours[outer]), outer
    assert large.config.scaling_factor == 0.75


def test_a_window_of_pixels_and_one_of_cells_show_the_same_place() -> None:
    cells = torch.arange(32 * 32).view(1, 32, 32)
    pixels = cells[0].repeat_interleave(8, 0).repeat_interleave(8, 1)[..., None]
    for corner in ([0, 0], [16, 16], [3, 11]):
        seen = _window(pixels, corner, SIDE // 32)
        assert seen.shape == (8 * CELLS, 8 * CELLS, 1)
        assert torch.equal(seen[::8, ::8, 0], _cut(cells, corner)[0])


def test_painted_latents_know_their_scene_and_are_missing_elsewhere(tmp_path: Path) -> None:
    folders = (tmp_path / "0", tmp_path / "1")
    for folder in folders:
        folder.mkdir()
    made = np.stack([np.full((4, 32, 32), value, np.float16) for value in (2, 5)])
    np.savez(folders[1] / FILE, rows=np.array([2, 5]), latents=made)
    found = painted(SceneFeed(folders))
    assert len(found) == 2 * SHARD
    assert [row for row, latents in enumerate(found) if latents is not None] == [SHARD + 2, SHARD + 5]
    assert found[SHARD + 5] is not None
    assert float(found[SHARD + 5].mean()) == 5


def test_painting_again_begins_with_as_much_noise_as_the_strength_says_and_is_the_same_for_a_seed() -> None:
    class Told:
        def __init__(self) -> None:
            self.scheduler, self.unet = scheduler(), build_unet().eval()
            self.seen: list[int] = []

        def encode_prompt(self, texts: list[str], *_: object) -> tuple[torch.Tensor, torch.Tensor]:
            return torch.zeros(len(texts), 77, 192), torch.zeros(len(texts), 77, 192)

    torch.manual_seed(0)
    pipeline = Told()
    first = pipeline.unet.forward
    pipeline.unet.forward = lambda x, step, **k: (pipeline.seen.append(int(step)), first(x, step, **k))[1]
    clean = torch.randn(2, 4, 32, 32)
    with torch.no_grad():
        once = again(pipeline, clean, ["a", "b"], 0.25, seed=1)
        steps = list(pipeline.seen)
        assert torch.equal(once, again(pipeline, clean, ["a", "b"], 0.25, seed=1))
    assert len(steps) == 4
    assert 180 < steps[0] < 255
    assert once.shape == clean.shape
