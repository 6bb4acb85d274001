"""The table of training stages."""

from __future__ import annotations

from grounding.pocket.training.autoencoder import Autoencoder
from grounding.pocket.training.gated import Gated
from grounding.pocket.training.inspector import InspectorStage
from grounding.pocket.training.larger import Larger
from grounding.pocket.training.loop import Stage
from grounding.pocket.training.sight import Sight
from grounding.pocket.training.text import Text
from grounding.pocket.training.unet import Unet

STAGES: dict[str, type[Stage]] = {
    stage.name: stage for stage in (Autoencoder, Text, Sight, Unet, Gated, Larger, InspectorStage)}
