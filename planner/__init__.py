"""Words become a scene, a scene becomes a layout that provably satisfies it."""
