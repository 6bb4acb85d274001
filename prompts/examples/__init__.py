"""In-context examples, one JSON file each: a prompt, the plan that answers it, and what the example shows."""
