"""What a language model is told: instructions and in-context examples, as data. `prompts.load` reads them."""
