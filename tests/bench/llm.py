"""Reads typed prompts with a small language model that runs here, and with the grammar alone; the judge scores both.

    python tests/bench/llm.py --weights FILE.gguf --judge ../shared/judge --out FOLDER [--n 20] [--planner auto]

It needs `cyllama` (a llama.cpp wheel) on the path and the weights of Qwen2.5-Coder-1.5B-Instruct, Q4_K_M, as a GGUF
file; neither is a dependency. The weights are refused unless their SHA-256 is the one below.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from planner.errors import PlanError
from planner.read.grammar import read
from planner.read.model.reader import Terms, read_where_unsure, read_with_model
from planner.scene import Scene

DIGEST = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
ROLES = {"system": "system", "human": "user", "ai": "assistant"}


class Local(BaseChatModel):
    """A GGUF model in this process, asked without a schema: greedy, and at most 300 tokens."""

    llm: Any

    @property
    def _llm_type(self) -> str:
        return "llama.cpp"

    def _generate(self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None,
                  **kwargs: Any) -> ChatResult:
        self.llm.reset_context()
        said = self.llm.chat([{"role": ROLES[m.type], "content": str(m.text)} for m in messages])
        return ChatResult(generations=[ChatGeneration(message=AIMessage(str(said)))])


def opened(weights: Path) -> Local:
    """The model, if its weights are the ones that are known."""
    with weights.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if magic != b"GGUF" or digest != DIGEST:
        sys.exit(f"expected GGUF weights with the SHA-256 {DIGEST}, got {digest}")
    from cyllama.api import LLM, GenerationConfig

    return Local(llm=LLM(str(weights), GenerationConfig(temperature=0.0, max_tokens=300, n_ctx=4096, n_gpu_layers=0)))


def line(gold: dict[str, Any], scene: Scene | str) -> str:
    """A line for the judge."""
    told = {"error": scene} if isinstance(scene, str) else {"scene": scene.model_dump(mode="json")}
    return json.dumps({"id": gold["id"], "prompt": gold["prompt"], **told}) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--n", type=int, default=20)
    parser.add_argument("--planner", choices=["auto", "llm"], default="auto")
    args = parser.parse_args()
    path = args.judge.parent / "benchmarks" / "typed" / "dev.jsonl"
    golds = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
    golds = random.Random(0).sample(golds, min(args.n, len(golds)))
    model = opened(args.weights)
    ask = read_with_model if args.planner == "llm" else read_where_unsure
    args.out.mkdir(parents=True, exist_ok=True)
    names = ("gold", "grammar", args.planner)
    files = {name: (args.out / f"{name}.jsonl").open("w", encoding="utf-8") for name in names}
    for gold in golds:
        begin, asked = time.monotonic(), "error"
        found: Scene | str
        try:
            reading = ask(gold["prompt"], model, terms=Terms(size="small", seconds=600.0, calls=4, repairs=2))
            found, asked = reading.scene, f"{reading.source}, {reading.calls} requests, {reading.tokens} tokens"
        except PlanError as error:
            found = str(error)
        print(f"{gold['id']}: {asked}, {time.monotonic() - begin:.0f} s", flush=True)
        files["gold"].write(json.dumps(gold) + "\n")
        files["grammar"].write(line(gold, read(gold["prompt"])))
        files[args.planner].write(line(gold, found))
    for file in files.values():
        file.close()
    for name in ("grammar", args.planner):
        print(f"\n{name}")
        subprocess.run([sys.executable, "reading.py", "score", str((args.out / "gold.jsonl").resolve()),
                        str((args.out / f"{name}.jsonl").resolve())], cwd=args.judge, check=True,
                       env={"PYTHONDONTWRITEBYTECODE": "1"})


if __name__ == "__main__":
    main()
