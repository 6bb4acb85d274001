"""Follow a run event by event, within a budget of one's own."""

from scenewright import Settings, watch
from scenewright.loop.events import Decided, Finished, Painted, Verified

for event in watch("three green stars and a small purple fish", settings=Settings(rounds=3, seconds=120)):
    match event:
        case Painted(round, paintings, again):
            print(f"round {round}: {len(paintings)} picture(s){' (from before)' if again else ''}")
        case Verified(_, index, report):
            print(f"  picture {index + 1}: {len(report.holding)} claims hold, {len(report.failing)} fail")
        case Decided(_, actions):
            print("  next:", "; ".join(action.sentence for action in actions))
        case Finished(result):
            print("the best picture:", result.picture)
