"""`python -m grounding.bench`: paint, judge, and print the table."""

from __future__ import annotations

import typer

from grounding.bench.command import main

typer.run(main)
