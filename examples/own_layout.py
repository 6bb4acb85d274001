"""Plan first, change the plan by hand, paint what came of it, and judge the picture."""

from scenewright import Box, plan, render, verify

layout = plan("a yellow moon above a red house")
moon = layout.scene.things[0].id
placements = tuple(
    p.model_copy(update={"box": Box.of(0.62, 0.06, 0.92, 0.36)}) if p.thing == moon else p for p in layout.placements
)
result = render(layout=layout.model_copy(update={"placements": placements}))
report = verify(result.image, result.layout)
print(f"{len(report.holding)} of {len(report.findings)} claims hold; the picture is {result.picture}")
