"""Readers: a prompt becomes a scene."""
