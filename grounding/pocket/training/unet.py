"""The UNet stage: an ordinary latent text-to-image model. It is told the caption and nothing else.

At first it also has to say what each cell shows, and to look for each word where its things are. Both lessons fade
while it grows up; from then on it learns from its pictures alone, as any model of its kind."""

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

from grounding.pocket.compose import ASKED
from grounding.pocket.training.autoencoder import tile, trained_autoencoder
from grounding.pocket.training.latents import latents
from grounding.pocket.training.lessons import Crops, Lesson, Whole, joined
from grounding.pocket.training.loop import Regime, TrainingSettings, TrainingStage, mixed, trained
from grounding.pocket.training.scenes import scenes
from grounding.pocket.training.text import WIDTH, TextStage
from grounding.pocket.training.tokenizer import LONGEST, tokenizer_of
from grounding.pocket.world import COLOURS, KINDS

DROPPED = 0.1  # captions replaced by the empty one, for classifier-free guidance
GROWN_UP = 120_000  # pictures seen by which large things have given way to the final mix, aids and cut-outs to nothing
LEVELS = {0: 1, 1: 2, 2: 3, ASKED: 6}
"""The levels of scenes that it learns from, and how many are drawn of each for one of the first."""
FIRST_MIX, LAST_MIX = (0.70, 0.25, 0.05, 0.0), (0.08, 0.17, 0.25, 0.50)
FIRST_CROPS, LAST_CROPS = 0.75, 0.0  # the share of steps that show single things cut out
THINGS = 3.0  # how much more an error on a thing weighs than one on the background, where there is no noise
NAMED, AIMED = 0.03, 0.05
LOOKS = (len(KINDS) + 1, len(COLOURS) + 1)
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


class PainterAim:
    """Plain attention that keeps, averaged over the heads, where each word was looked for."""

    def __init__(self) -> None:
        self.found: Tensor | None = None

    def __call__(self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor, *_: Any, **__: Any) -> Tensor:
        asked, said = attn.to_q(hidden_states), attn.to_k(encoder_hidden_states)
        heads = (attn.head_to_batch_dim(part) for part in (asked, said, attn.to_v(encoder_hidden_states)))
        query, key, value = heads
        shares = attn.get_attention_scores(query, key)
        self.found = shares.unflatten(0, (len(hidden_states), -1)).mean(1) if torch.is_grad_enabled() else None
        mixed_in: Tensor = attn.to_out[0](attn.batch_to_head_dim(shares @ value))
        return mixed_in


class Keep:
    """A hook that keeps what a module made last."""

    def __init__(self) -> None:
        self.found: Tensor | None = None

    def __call__(self, module: nn.Module, given: Any, made: Tensor) -> None:
        self.found = made if torch.is_grad_enabled() else None


class PainterStage(nn.Module):
    """What is trained: the UNet, and a head that is thrown away afterwards. The text tower stays as it is."""

    def __init__(self, unet: Any, text: Any) -> None:
        super().__init__()
        self.unet, self.text = unet, text.requires_grad_(False)
        self.head = nn.Conv2d(unet.config.block_out_channels[-1], sum(LOOKS), 1)
        self.aims: list[PainterAim] = []
        self.kept = Keep()
        unet.up_blocks[0].register_forward_hook(self.kept)

    def aim(self) -> None:
        """Watch the words of the layers at half resolution."""
        processors = dict(self.unet.attn_processors)
        for name in processors:
            if "attn2" in name and name.startswith(("down_blocks.1.", "up_blocks.1.")):
                processors[name] = PainterAim()
        self.unet.set_attn_processor(processors)
        self.aims = [found for found in self.unet.attn_processors.values() if isinstance(found, PainterAim)]

    def forward(self, noisy: Tensor, steps: Tensor, states: Tensor) -> Tensor:
        """The predicted v."""
        predicted: Tensor = self.unet(noisy, steps, encoder_hidden_states=states).sample
        return predicted.float()

    def named(self) -> Tensor:
        """At half resolution, what the network of the last forward pass takes each cell to show."""
        found: Tensor = self.head(self.kept.found)
        return found

    def aimed(self) -> Tensor:
        """The shares of attention "pictures cells words" of the last forward pass, averaged over the layers."""
        found = [aim.found for aim in self.aims if aim.found is not None]
        return torch.stack([shares.float() for shares in found]).mean(0)


class Unet(TrainingStage):
    name: ClassVar[str] = "unet"
    recipe: ClassVar[Regime] = Regime(rate=1e-3, batch=8, average=0.998, weight_decay=0.01, sheet_every=900.0)

    def __init__(self, settings: TrainingSettings) -> None:
        super().__init__(settings)
        torch.manual_seed(settings.seed)
        self.vae = trained_autoencoder(settings)
        self.tokenizer = tokenizer_of(settings.state)
        self.model: Any = PainterStage(build(), trained(TextStage(settings)).text)
        self._choose_processors()
        self.model.aim()
        self.scheduler = scheduler()
        self.noise_scales = self.scheduler.alphas_cumprod

    def begin(self, step: int) -> None:
        settings = self.settings
        self.vae.to(self.device)
        self.seen = step * self.batch + (GROWN_UP if settings.shipped else 0)
        self.random.manual_seed(settings.seed + step)
        self.words = random.Random(settings.seed + step)
        each = (settings.scenes or 24000) // sum(LEVELS.values())
        runs = [scenes(settings.state, level, n * each, settings.workers) for level, n in LEVELS.items()]
        text = self.model.text.to(self.device)
        self.wholes = [Whole(run, self.vae, text, self.tokenizer, self.device) for run in runs]
        if self.seen < GROWN_UP:
            simple = [(level, runs[level], self.wholes[level]) for level in (0, 1)]
            self.crops = Crops(simple, text, self.tokenizer, self.device)
        self.empty = self._read([""])[0]
        self._prepare_unseen()

    def loss(self, progress: float) -> dict[str, Tensor]:
        grown = min(1.0, self.seen / GROWN_UP)
        self.seen += self.batch
        cut = self.words.random() < FIRST_CROPS + (LAST_CROPS - FIRST_CROPS) * grown
        lesson = self.crops.lesson(4 * self.batch, self.random) if cut else self.lesson(grown)
        noisy, target, steps = self.noised(lesson.clean)
        dropped = torch.rand(len(steps), generator=self.random) < DROPPED
        states = torch.where(dropped[:, None, None].to(self.device), self.empty, lesson.states)
        predicted = self.model(noisy, steps, states)
        shown = lesson.owners.to(self.device)
        errors = (predicted - target).square()
        weights = importance(shown > 0, self.noise_scales.to(self.device)[steps])
        painted = (errors * weights).mean() / weights.mean()
        found = {"loss": painted, "crop_v" if cut else "v": errors.detach().mean()}
        if grown < 1.0:
            named = what(self.model.named().float(), shown[:, 1::2, 1::2].long(), lesson.looks.to(self.device))
            aimed = aim(self.model.aimed(), shown[:, 1::2, 1::2].flatten(1), lesson, ~dropped)
            found |= {"loss": painted + (1 - grown) * (NAMED * named + AIMED * aimed), "named": named, "aimed": aimed}
        return found

    def lesson(self, grown: float) -> Lesson:
        """Whole scenes of every level, more of the harder ones as training goes on."""
        mix = [first + (last - first) * grown for first, last in zip(FIRST_MIX, LAST_MIX, strict=True)]
        counts = np.bincount(self.words.choices(range(len(mix)), mix, k=self.batch), minlength=len(mix)).tolist()
        return joined([w.lesson(n, self.random) for w, n in zip(self.wholes, counts, strict=True) if n])

    def noised(self, clean: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Latents with noise, the v to be predicted, and the time steps."""
        steps = middle_steps(len(clean), self.random).to(self.device)
        noise = torch.randn(clean.shape, generator=self.random).to(self.device)
        return (*self._noised(clean.to(self.device), noise, steps), steps)

    def measure(self, model: Any) -> dict[str, float]:
        figures = {}
        for level, (noisy, steps, states, target) in zip(LEVELS, self.unseen, strict=True):
            with mixed(self.device):
                predicted = model(noisy, steps, states)
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
        if self.device.type == "cpu":
            self.model.unet.set_attn_processor(AttnProcessor())

    def _noised(self, clean: Tensor, noise: Tensor, steps: Tensor) -> tuple[Tensor, Tensor]:
        """x_t = √ᾱ x₀ + √(1−ᾱ) ε and v = √ᾱ ε − √(1−ᾱ) x₀"""
        kept = self.noise_scales.to(steps.device)[steps][:, None, None, None]
        return kept.sqrt() * clean + (1 - kept).sqrt() * noise, kept.sqrt() * noise - (1 - kept).sqrt() * clean

    def _prepare_unseen(self) -> None:
        random_numbers = torch.Generator().manual_seed(7)
        self.unseen = []
        self.unseen_items = []
        for level in LEVELS:
            run = scenes(self.settings.state, level, 1, unseen=True)
            clean = latents(run, self.vae, self.device)[:32].float()
            states = self._read([row["captions"][0] for row in run.rows[:32]])
            steps = torch.linspace(150, 900, 32).long()[torch.randperm(32, generator=random_numbers)].to(self.device)
            noise = torch.randn(clean.shape, generator=random_numbers).to(self.device)
            noisy, target = self._noised(clean, noise, steps)
            self.unseen_items.append([row["items"] for row in run.rows[:32]])
            self.unseen.append((noisy, steps, states, target))

    @torch.no_grad()
    def _read(self, texts: list[str]) -> Tensor:
        read = self.tokenizer(texts, padding="max_length", truncation=True, max_length=LONGEST, return_tensors="pt")
        found: Tensor = self.model.text(input_ids=read.input_ids.to(self.device)).last_hidden_state
        return found


def importance(things: Tensor, kept: Tensor) -> Tensor:
    """How much the error of each cell weighs, "pictures 1 height width": more on things, the less noise there is.

    What minimises a weighted square error is the weighted mean of what may be there. In much noise a thing may be in
    many places; if it weighed more wherever it is, the network would learn to hint at it in all of them, and paint two.
    """
    near = functional.max_pool2d(things.float()[:, None], 3, 1, 1)
    return 1 + (THINGS - 1) * kept[:, None, None, None] * near


def what(logits: Tensor, shown: Tensor, looks: Tensor) -> Tensor:
    """Cross-entropy of kind and colour at every cell, background and things weighing alike."""
    kinds, colours = torch.split(logits, list(LOOKS), 1)
    wanted = looks[..., :2].gather(1, shown.flatten(1)[..., None].expand(-1, -1, 2))
    things = (shown.flatten(1) > 0).float()
    weights = things / things.sum().clamp(min=1) + (1 - things) / (1 - things).sum().clamp(min=1)
    losses = [
        functional.cross_entropy(said.flatten(2), wanted[..., which], reduction="none")
        for which, said in enumerate((kinds, colours))
    ]
    return (torch.stack(losses).sum(0) * weights).sum() / 2


def aim(shares: Tensor, shown: Tensor, lesson: Lesson, told: Tensor) -> Tensor:
    """How much of each word's attention misses its things, and how much of each thing's attention misses its noun.

    After TokenCompose (Wang et al. 2024): the first is squared, the second a log-likelihood among the nouns.
    """
    device = shares.device
    bits = torch.where(shown > 0, 1 << (shown.int() - 1).clamp(min=0), 0).to(device)
    spoken = (lesson.spoken * told[:, None]).to(device).int()
    inside = (bits[:, :, None] & spoken[:, None]) > 0
    hit = (shares * inside).sum(1) / shares.sum(1).clamp(min=1e-6)
    words = (inside.any(1) & (spoken > 0)).float()
    missed = ((1 - hit).square() * words).sum() / words.sum().clamp(min=1)
    nouns = (lesson.nouns.to(device) & (spoken > 0))[:, None]
    right = (shares * (inside & nouns)).sum(2)
    among = (shares * nouns).sum(2)
    cells = (inside & nouns).any(2).float()
    mistaken = -(right.clamp(min=1e-6) / among.clamp(min=1e-6)).log()
    return missed + (mistaken * cells).sum() / cells.sum().clamp(min=1)


def middle_steps(count: int, random_numbers: torch.Generator) -> Tensor:
    """Time steps spread evenly over the quantiles of a logit-normal law: most of them where things take their place
    and shape."""
    quantiles = (torch.arange(count) + torch.rand(count, generator=random_numbers)) / count
    quantiles = quantiles[torch.randperm(count, generator=random_numbers)].clamp(1e-4, 1 - 1e-4)
    normal = torch.special.ndtri(quantiles)
    return (torch.sigmoid(0.6 + 1.2 * normal) * 1000).long().clamp(0, 999)


def paint(pipeline: Any, prompts: list[str], seed: int, steps: int = 20, guidance: float = 4.0) -> Tensor:
    """One picture in [-1, 1] for each prompt."""
    noise = torch.Generator().manual_seed(seed)
    painted = pipeline(prompts, num_inference_steps=steps, guidance_scale=guidance, generator=noise, output_type="pt")
    pictures: Tensor = painted.images
    return pictures * 2 - 1
