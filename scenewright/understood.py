"""A prompt of which nothing was understood is refused: an empty picture is nobody's wish."""

from __future__ import annotations

from planner.errors import BadInput
from planner.scene import Scene


def understood(scene: Scene) -> Scene:
    """The scene, if it says anything of the picture. A background, a style or an absence alone is enough."""
    if scene.things or scene.absent or scene.background or scene.style or scene.lettering:
        return scene
    unread = f" (unread: {'; '.join(scene.unread)[:200]})" if scene.unread else ""
    raise BadInput(f"nothing in the prompt was understood{unread}; name in English what the picture shows")
