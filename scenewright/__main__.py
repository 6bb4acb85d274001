"""`python -m scenewright`, the same as the installed command."""

from scenewright.commands.cli import main

main()
