"""The face of scenewright: a sentence in, a verified picture out."""
