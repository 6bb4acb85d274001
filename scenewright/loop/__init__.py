"""From a prompt to a verified picture: stages, course, remedies, and what a run leaves on disk."""
