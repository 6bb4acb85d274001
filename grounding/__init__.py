"""A layout becomes an image, and an image becomes evidence."""
