"""The benchmark of the grounded sampler: same prompts, same seeds, every way of painting, an independent judge."""
