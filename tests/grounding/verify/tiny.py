"""Tiny random checkpoints in the real formats, saved to folders the way published ones are."""

from __future__ import annotations

import io
import string
from pathlib import Path

import sentencepiece
import torch
import transformers as tf

WORDS = ("a", "an", "the", "photo", "picture", "of", "no", "is", "left", "right", "red", "green", "blue", "orange",
         "yellow", "purple", "pink", "brown", "black", "white", "grey", "striped", "plain", "spotted", "small", "large",
         "cat", "dog", "ball", "car", "box")
TOWER = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}


def clip_tokenizer(length: int = 77) -> tf.CLIPTokenizer:
    letters = list(string.ascii_lowercase + string.punctuation + string.digits)
    pieces = ["!!", *letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return tf.CLIPTokenizer(vocab={p: k for k, p in enumerate(pieces)}, merges=[], model_max_length=length)


def _text(tokenizer: tf.CLIPTokenizer, length: int) -> dict[str, object]:
    return {**TOWER, "vocab_size": len(tokenizer), "max_position_embeddings": length,
            "bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}


def save_clip(folder: Path) -> Path:
    torch.manual_seed(0)
    tokenizer = clip_tokenizer()
    config = tf.CLIPConfig(text_config=_text(tokenizer, 77), projection_dim=16,
                           vision_config={**TOWER, "image_size": 32, "patch_size": 8})
    tf.CLIPModel(config).save_pretrained(folder)
    image_processor = tf.CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    tf.CLIPProcessor(image_processor, tokenizer).save_pretrained(folder)
    return folder


def save_siglip(folder: Path) -> Path:
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(WORDS)] * 3), model_writer=model, vocab_size=60, hard_vocab_limit=False,
        minloglevel=9, pad_id=-1, bos_id=-1, eos_id=1, unk_id=2, control_symbols=["<pad>"])
    (folder / "spiece.model").write_bytes(model.getvalue())
    tokenizer = tf.SiglipTokenizer(str(folder / "spiece.model"), model_max_length=64)
    config = tf.SiglipConfig(
        text_config={**TOWER, "vocab_size": len(tokenizer) + 8, "max_position_embeddings": 64, "projection_size": 16},
        vision_config={**TOWER, "image_size": 32, "patch_size": 8})
    tf.SiglipModel(config).save_pretrained(folder)
    image_processor = tf.SiglipImageProcessorPil(size={"height": 32, "width": 32})
    tf.SiglipProcessor(image_processor, tokenizer).save_pretrained(folder)
    return folder


def save_owl(folder: Path, version: int) -> Path:
    torch.manual_seed(0)
    tokenizer = clip_tokenizer(16)
    prefix = "OwlViT" if version == 1 else "Owlv2"
    config = getattr(tf, f"{prefix}Config")(text_config=_text(tokenizer, 16), projection_dim=16,
                                            vision_config={**TOWER, "image_size": 48, "patch_size": 8})
    getattr(tf, f"{prefix}ForObjectDetection")(config).save_pretrained(folder)
    image_processor = getattr(tf, f"{prefix}ImageProcessorPil")(size={"height": 48, "width": 48})
    getattr(tf, f"{prefix}Processor")(image_processor, tokenizer).save_pretrained(folder)
    return folder


def save_dino(folder: Path) -> Path:
    torch.manual_seed(0)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", *WORDS]
    tokenizer = tf.BertTokenizer(vocab={piece: number for number, piece in enumerate(pieces)}, model_max_length=64)
    backbone = tf.SwinConfig(image_size=64, patch_size=4, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2],
                             window_size=4, out_features=["stage2", "stage3", "stage4"])
    text = {"vocab_size": len(pieces), "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 32, "model_type": "bert"}
    config = tf.GroundingDinoConfig(
        backbone_config=backbone, text_config=text, d_model=32, encoder_layers=1, decoder_layers=2, encoder_ffn_dim=32,
        decoder_ffn_dim=32, encoder_attention_heads=2, decoder_attention_heads=2, num_queries=12, max_text_len=64,
        num_feature_levels=4)
    tf.GroundingDinoForObjectDetection(config).save_pretrained(folder)
    image_processor = tf.GroundingDinoImageProcessorPil(size={"shortest_edge": 64, "longest_edge": 96})
    tf.GroundingDinoProcessor(image_processor, tokenizer).save_pretrained(folder)
    return folder


def save_siglip2(folder: Path) -> Path:
    torch.manual_seed(0)
    pieces = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", *string.ascii_lowercase]
    tokenizer = tf.Siglip2Tokenizer(vocab={piece: number for number, piece in enumerate(pieces)}, merges=[],
                                    model_max_length=64)
    config = tf.Siglip2Config(
        text_config={**TOWER, "vocab_size": len(tokenizer), "max_position_embeddings": 64, "projection_size": 16},
        vision_config={**TOWER, "num_patches": 256, "patch_size": 16})
    tf.Siglip2Model(config).save_pretrained(folder)
    image_processor = tf.Siglip2ImageProcessorPil(patch_size=16, max_num_patches=256)
    tf.Siglip2Processor(image_processor, tokenizer).save_pretrained(folder)
    return folder
