"""How the pocket models are trained: one loop, one file per stage, nothing needed at run time."""
