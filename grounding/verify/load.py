"""Judges by name: a checkpoint folder (or hub name) becomes a detector or a scorer, or a message that says why not.

Only `config.json` decides which class is used, only safetensors are read, and no code from a checkpoint is ever run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from grounding.errors import ModelMissing
from grounding.folders import examined, explained, name_of, refuse, usable
from grounding.verify.judges import OPEN, Detector, Knowledge, Scorer

OWLS = {
    "owlvit": ("OwlViTForObjectDetection", "OwlViTProcessor"),
    "owlv2": ("Owlv2ForObjectDetection", "Owlv2Processor"),
}
DINOS = {
    "grounding-dino": ("GroundingDinoForObjectDetection", "GroundingDinoProcessor"),
    "mm-grounding-dino": ("MMGroundingDinoForObjectDetection", "GroundingDinoProcessor"),
}
DETECTORS = {**OWLS, **DINOS}
"""The classes of each kind of detector."""
SCORERS = {
    "clip": ("CLIPModel", "CLIPProcessor"),
    "siglip": ("SiglipModel", "SiglipProcessor"),
    "siglip2": ("Siglip2Model", "Siglip2Processor"),
}
"""The classes of each kind of scorer."""


QUERY = "a photo of {}"
"""How published OWL checkpoints expect to be asked."""

_ADVICE = "name a folder with config.json, model.safetensors and the processor's files, or download it first"


def open_detector(source: str | Path, *, offline: bool = True, device: str = "cpu", query: str = QUERY,
                  knows: Knowledge = OPEN) -> Detector:
    """The detector in a checkpoint folder, or under a hub name (from the local cache only, unless not `offline`).

    `query` is how an OWL checkpoint was taught to be asked; Grounding DINO is asked in its own form.
    """
    from grounding.verify.dino import Dino
    from grounding.verify.owl import Owl

    kind, model, processor = _open(source, "detector", DETECTORS, offline, device)
    name = name_of(source)
    if kind in OWLS:
        return Owl(model, processor, name, query, knows)
    if kind in DINOS:
        return Dino(model, processor, name, knows)
    raise ModelMissing(f"nobody here knows how to ask a `{kind}`; supported are {', '.join(DETECTORS)}")


def open_scorer(source: str | Path, *, offline: bool = True, device: str = "cpu", knows: Knowledge = OPEN) -> Scorer:
    """The scorer in a checkpoint folder, or under a hub name (from the local cache only, unless not `offline`)."""
    from grounding.verify.clip import Clip

    _, model, processor = _open(source, "scorer", SCORERS, offline, device)
    return Clip(model, processor, name_of(source), knows)


class _Opened(NamedTuple):
    kind: str
    model: Any
    processor: Any


def _open(source: str | Path, role: str, classes: Mapping[str, tuple[str, str]], offline: bool, device: str) -> _Opened:
    transformers = _transformers(role, source)
    with _quiet(transformers), explained(f"the {role} `{source}`", _ADVICE):
        usable(device)
        if Path(source).is_dir():
            examined(role, Path(source))
        config, _ = transformers.PreTrainedConfig.get_config_dict(str(source), local_files_only=offline)
        kind = str(config.get("model_type"))
        if kind not in classes:
            raise ModelMissing(f"the {role} `{source}` is a `{kind}`; supported are {', '.join(classes)}")
        refuse(f"the {role} `{source}`", config)
        model_class, processor_class = (getattr(transformers, name) for name in classes[kind])
        model = model_class.from_pretrained(str(source), local_files_only=offline, use_safetensors=True,
                                            trust_remote_code=False, dtype="float32" if device == "cpu" else "auto")
        processor = processor_class.from_pretrained(str(source), local_files_only=offline, backend="pil",
                                                    trust_remote_code=False)
        _refuse_empty_tokenizer(role, source, processor.tokenizer)
        return _Opened(kind, model.eval().to(device), processor)


def _transformers(role: str, source: str | Path) -> Any:
    try:
        import transformers
    except ImportError:
        raise ModelMissing(f"the {role} `{source}` needs transformers and torch, which are not installed; "
                           "install them with `pip install 'scenewright[render]'`") from None
    return transformers


def _refuse_empty_tokenizer(role: str, source: str | Path, tokenizer: Any) -> None:
    """Where a checkpoint has no tokenizer files the library makes one up that knows no words."""
    first, second = (tokenizer(words, add_special_tokens=False)["input_ids"] for words in ("cat", "dog"))
    if first == second:
        raise ModelMissing(f"the {role} `{source}` has no tokenizer that tells words apart; get the checkpoint "
                           "with its tokenizer files (tokenizer.json, or vocab.json and merges.txt, or spiece.model)")


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """Without progress bars, and without the notes on image processors that fall back to Pillow, which is wanted."""
    logging = transformers.logging
    before, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(before)
        if bars:
            logging.enable_progress_bar()
