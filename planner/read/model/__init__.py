"""Reads prompts with a language model; `planner.read.model.reader` is the way in. Imports nothing by itself."""
