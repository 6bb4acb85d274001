"""The UNet stage: an ordinary latent text-to-image model. It is told the caption and nothing else."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTextModel

from grounding.pocket.training.autoencoder import Autoencoder, measure_scale, tile, to_signed
from grounding.pocket.training.clip import WIDTH, Clip
from grounding.pocket.training.latents import latents
from grounding.pocket.training.loop import Recipe, Settings, Stage, mixed, plain_attention, trained
from grounding.pocket.training.scenes import scenes
from grounding.pocket.training.tokenizer import LONGEST, tokenizer_of

DROPPED = 0.1  # captions replaced by the empty one, for classifier-free guidance
GROWN_UP = 120_000  # pictures seen by which few large things have given way to the final mix of levels
FIRST_MIX, LAST_MIX = (0.70, 0.25, 0.05), (0.20, 0.35, 0.45)
ALIGNMENT = 0.5
PROMPTS = (
    "a red ball on a grey background",
    "a blue cat in a meadow",
    "a yellow star, night scene",
    "a green car in the city",
    "a pink house in the snow",
    "a striped blue cup in a room",
    "a white rabbit and a black box",
    "three orange fish under the sea",
)


def build(gated: bool = False) -> Any:
    """Shaped like Stable Diffusion's; attends to text at 16×16 (five layers) and at 8×8."""
    return UNet2DConditionModel(  # type: ignore[no-untyped-call]
        sample_size=32,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(32, 64, 128),
        layers_per_block=2,
        norm_num_groups=16,
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        attention_type="gated" if gated else "default",
    )


def scheduler() -> Any:
    """The noise of Stable Diffusion 2: scaled-linear, the network predicts v."""
    return DDIMScheduler(  # type: ignore[no-untyped-call]
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        clip_sample=False,
        set_alpha_to_one=False,
        timestep_spacing="trailing",
    )


class Painter(nn.Module):
    """What is trained together: the UNet, its text encoder, and a head that is thrown away afterwards."""

    def __init__(self, unet: Any, text: Any) -> None:
        super().__init__()
        self.unet, self.text = unet, text
        middle = unet.config.block_out_channels[-1]
        self.head = nn.Sequential(nn.Linear(middle, 2 * WIDTH), nn.SiLU(), nn.Linear(2 * WIDTH, WIDTH))

    def forward(self, noisy: Tensor, steps: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """The predicted v, and the middle of the network in the terms of CLIP's patches."""
        kept: list[Tensor] = []
        hook = self.unet.mid_block.register_forward_hook(lambda module, given, result: kept.append(result))
        states = self.text(input_ids=tokens).last_hidden_state
        predicted = self.unet(noisy, steps, encoder_hidden_states=states).sample
        hook.remove()
        return predicted.float(), self.head(kept[0].flatten(2).transpose(1, 2))


class Unet(Stage):
    name: ClassVar[str] = "unet"
    recipe: ClassVar[Recipe] = Recipe(rate=1e-3, batch=8, average=0.998, weight_decay=0.01, sheet_every=1200.0)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        torch.manual_seed(settings.seed)
        self.clip = trained(Clip(settings))
        self.vae = _trained_autoencoder(settings)
        self.tokenizer = tokenizer_of(settings.state)
        text: Any = CLIPTextModel(self.clip.config.text_config)
        self.model: Any = Painter(build(), text)
        self._choose_processors()
        self.scheduler = scheduler()
        self.noise_scales = self.scheduler.alphas_cumprod

    def start(self) -> None:
        self.model.text.load_state_dict(self.clip.text_model.state_dict())

    def begin(self, step: int) -> None:
        settings = self.settings
        self.clip.to(self.device)
        self.vae.to(self.device)
        self.seen = step * self.batch
        self.words = random.Random(settings.seed + step)
        each = (settings.scenes or 24000) // 6
        self.runs = [scenes(settings.state, level, n * each, settings.workers) for level, n in enumerate((1, 2, 3))]
        self.latents = [latents(run, self.vae, self.device) for run in self.runs]
        self.pictures = [torch.from_numpy(run.pictures).to(self.device) for run in self.runs]
        self.tokens = [self._tokenise(run.rows).to(self.device) for run in self.runs]
        self.empty = self._read([""]).to(self.device)[0]
        self._prepare_unseen()

    def loss(self, progress: float) -> dict[str, Tensor]:
        clean, pictures, tokens = self._gather(self._choose_rows())
        steps = middle_steps(len(clean), self.random).to(self.device)
        noise = torch.randn(clean.shape, generator=self.random).to(self.device)
        noisy, target = self._noised(clean, noise, steps)
        predicted, middle = self.model(noisy, steps, tokens)
        with torch.no_grad():
            patches = self.clip.vision_model(pixel_values=to_signed(pictures)).last_hidden_state[:, 1:]
        alignment = 1 - functional.cosine_similarity(middle.float(), patches.float(), dim=-1).mean()
        painted = functional.mse_loss(predicted, target)
        return {"loss": painted + ALIGNMENT * alignment, "v": painted, "alignment": alignment}

    def measure(self, model: Any) -> dict[str, float]:
        figures = {}
        for level, (noisy, steps, tokens, target) in enumerate(self.unseen):
            with mixed(self.device):
                predicted = model(noisy, steps, tokens)[0]
            figures[f"unseen_v{level}"] = round(float(functional.mse_loss(predicted, target)), 5)
        return figures

    def sheet(self, model: Any) -> Image.Image:
        with mixed(self.device):
            return tile(paint(self.pipeline(model), list(PROMPTS), seed=0), 8)

    def save(self, model: Any, weights: Path) -> None:
        self.pipeline(model).to(dtype=torch.float16).save_pretrained(weights / "pipeline")

    def load(self, weights: Path) -> None:
        folder = weights / "pipeline"
        unet: Any = UNet2DConditionModel.from_pretrained(folder / "unet", dtype=torch.float32)  # type: ignore[no-untyped-call]
        self.model.unet.load_state_dict(unet.state_dict())
        text = CLIPTextModel.from_pretrained(folder / "text_encoder", dtype=torch.float32)
        self.model.text.load_state_dict(text.state_dict())

    def pipeline(self, model: Any) -> Any:
        pipeline: Any = StableDiffusionPipeline(  # type: ignore[no-untyped-call]
            vae=self.vae,
            text_encoder=model.text,
            tokenizer=self.tokenizer,
            unet=model.unet,
            scheduler=self.scheduler,
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    def _choose_processors(self) -> None:
        plain_attention(self.model.text, self.device)
        if self.device.type == "cpu":
            self.model.unet.set_attn_processor(AttnProcessor())

    def _choose_rows(self) -> list[tuple[int, Tensor, Tensor]]:
        """Scenes of every level and one caption of each, more of the harder levels as training goes on."""
        grown = min(1.0, self.seen / GROWN_UP)
        mix = [first + (last - first) * grown for first, last in zip(FIRST_MIX, LAST_MIX, strict=True)]
        counts = np.bincount(self.words.choices(range(3), mix, k=self.batch), minlength=3).tolist()
        self.seen += self.batch
        chosen = []
        for level, count in enumerate(counts):
            rows = torch.randint(len(self.latents[level]), (count,), generator=self.random)
            which = torch.randint(self.tokens[level].shape[1], (count,), generator=self.random)
            chosen.append((level, rows, which))
        return chosen

    def _gather(self, chosen: list[tuple[int, Tensor, Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
        found: list[tuple[Tensor, Tensor, Tensor]] = []
        for level, on_host, which_on_host in chosen:
            rows, which = on_host.to(self.device), which_on_host.to(self.device)
            found.append(
                (self.latents[level][rows].float(), self.pictures[level][rows], self.tokens[level][rows, which])
            )
        values, pictures, tokens = (torch.cat(parts) for parts in zip(*found, strict=True))
        dropped = (torch.rand(len(tokens), generator=self.random) < DROPPED).to(self.device)
        return values, pictures, torch.where(dropped[:, None], self.empty, tokens.long())

    def _noised(self, clean: Tensor, noise: Tensor, steps: Tensor) -> tuple[Tensor, Tensor]:
        """x_t = √ᾱ x₀ + √(1−ᾱ) ε and v = √ᾱ ε − √(1−ᾱ) x₀"""
        kept = self.noise_scales.to(steps.device)[steps][:, None, None, None]
        return kept.sqrt() * clean + (1 - kept).sqrt() * noise, kept.sqrt() * noise - (1 - kept).sqrt() * clean

    def _prepare_unseen(self) -> None:
        random_numbers = torch.Generator().manual_seed(7)
        self.unseen = []
        self.unseen_items = []
        for level in range(3):
            run = scenes(self.settings.state, level, 1, unseen=True)
            clean = latents(run, self.vae, self.device)[:32].float()
            tokens = self._tokenise(run.rows[:32])[:, 0].long().to(self.device)
            steps = torch.linspace(150, 900, 32).long()[torch.randperm(32, generator=random_numbers)].to(self.device)
            noise = torch.randn(clean.shape, generator=random_numbers).to(self.device)
            noisy, target = self._noised(clean, noise, steps)
            self.unseen_items.append([row["items"] for row in run.rows[:32]])
            self.unseen.append((noisy, steps, tokens, target))

    def _tokenise(self, rows: list[dict[str, Any]]) -> Tensor:
        captions = [caption for row in rows for caption in row["captions"]]
        return self._read(captions).to(torch.int16).reshape(len(rows), -1, LONGEST)

    def _read(self, texts: list[str]) -> Tensor:
        read = self.tokenizer(texts, padding="max_length", truncation=True, max_length=LONGEST, return_tensors="pt")
        found: Tensor = read.input_ids
        return found


def middle_steps(count: int, random_numbers: torch.Generator) -> Tensor:
    """Time steps spread evenly over the quantiles of a logit-normal law: most of them where things take shape."""
    quantiles = (torch.arange(count) + torch.rand(count, generator=random_numbers)) / count
    quantiles = quantiles[torch.randperm(count, generator=random_numbers)].clamp(1e-4, 1 - 1e-4)
    normal = torch.special.ndtri(quantiles)
    return (torch.sigmoid(0.25 + 1.1 * normal) * 1000).long().clamp(0, 999)


def paint(pipeline: Any, prompts: list[str], seed: int, steps: int = 20, guidance: float = 4.0) -> Tensor:
    """One picture in [-1, 1] for each prompt."""
    noise = torch.Generator().manual_seed(seed)
    painted = pipeline(prompts, num_inference_steps=steps, guidance_scale=guidance, generator=noise, output_type="pt")
    pictures: Tensor = painted.images
    return pictures * 2 - 1


def _trained_autoencoder(settings: Settings) -> Any:
    model = trained(Autoencoder(settings))
    measure_scale(model, settings.state)
    return model
