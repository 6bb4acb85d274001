"""What a data set keeps of a picture: boxes as planned and seen, words of each thing, verdicts on claims."""

from __future__ import annotations

from typing import Any

from scenewright.loop.result import Result


def labels_of(result: Result) -> dict[str, Any]:
    """The labels of a result as plain data; boxes are left, top, right, bottom in fractions of the picture."""
    layout, report = result.layout, result.report
    seen = {match.thing: match.seen for match in (report.matches if report else ())}
    boxes, depths = layout.boxes, layout.depths
    things = []
    for thing in layout.scene.things:
        sighting = seen.get(thing.id)
        things.append({
            "id": thing.id, "name": thing.noun, "phrase": thing.phrase, "attributes": list(thing.attributes),
            "planned": _corners(boxes[thing.id].corners) if thing.id in boxes else None, "z": depths.get(thing.id, 0),
            "seen": _corners(sighting.box.corners) if sighting else None,
            "score": round(sighting.score, 4) if sighting else None})
    return {
        "seed": result.outcome.best.seed, "size": list(result.image.size), "things": things,
        "surplus": [{"name": extra.noun, "box": _corners(extra.sighting.box.corners)}
                    for extra in (report.surplus if report else ()) if extra.wrong],
        "claims": result.claims}


def _corners(box: tuple[float, ...]) -> list[float]:
    return [round(v, 6) for v in box]
