"""An instruction becomes typed edit operations, and those become an edited image."""
