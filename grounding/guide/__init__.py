"""Guidance: what leads a picture to its layout while it is painted, each way of it a file."""
