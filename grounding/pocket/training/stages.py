"""The table of training stages."""

from __future__ import annotations

from grounding.pocket.training.autoencoder import Autoencoder
from grounding.pocket.training.gated import Gated
from grounding.pocket.training.inspector import InspectorStage
from grounding.pocket.training.larger import Larger
from grounding.pocket.training.loop import TrainingStage
from grounding.pocket.training.sight import SightStage
from grounding.pocket.training.text import TextStage
from grounding.pocket.training.unet import Unet

STAGES: dict[str, type[TrainingStage]] = {
    stage.name: stage for stage in (Autoencoder, TextStage, SightStage, Unet, Gated, Larger, InspectorStage)}
