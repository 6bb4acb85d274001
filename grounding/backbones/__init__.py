"""One file per model family; the only importers of diffusers."""
