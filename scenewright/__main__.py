"""`python -m scenewright`, the same as the installed command."""

from scenewright.cli import main

main()
