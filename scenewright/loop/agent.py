"""The loop: plan, paint, verify, decide, again, as a graph that is run from its beginning every time.

Every step that costs something is stored in the run's folder under the digest of what it depends on, with what it took.
So a run that was stopped goes on by being run again: each step finds its work, down to the first that is not there, and
decides as it did before. Nothing else remembers where it was. The state holds names and numbers, never pixels.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from pydantic import Field

from grounding.errors import AttemptFailed, BadRequest
from grounding.settings import How
from grounding.verify.report import Report
from planner.errors import PlanError
from planner.scene import Data, Layout, Scene
from scenewright.errors import Mismatch
from scenewright.loop import events
from scenewright.loop.course import Course, Request
from scenewright.loop.decide import EVERYWHERE, Action, decide, rank, reseed, told
from scenewright.loop.metadata import recipe_of, with_recipe
from scenewright.loop.naming import digest, seed_of
from scenewright.loop.remedies import Remedies, treated
from scenewright.loop.result import Outcome, Result, Try, sha256
from scenewright.loop.runs import LAYOUT, PAGE, PICTURE, REFUSED, REPORT, RESULT, Judged, Run, StoredBatch
from scenewright.loop.stages import (
    Painting,
    PaintStage,
    PaintTask,
    PlannedLayout,
    PlanStage,
    SourcePicture,
    Unpaintable,
    VerifyStage,
)

BUDGETS = {"rounds", "seconds", "llm_calls"}
"""What of a request no plan depends on."""
LIMIT: RunnableConfig = {"recursion_limit": 1000}
LONGEST = 240
NOTHING = Layout(scene=Scene())


class RunState(Data):
    """What is known after every step."""

    course: Course
    layout: Layout = NOTHING
    plan: str = ""
    round: int = 1
    batch: str = ""
    tries: tuple[Try, ...] = ()
    used: dict[str, int] = Field(default_factory=dict)
    decisions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    passes: float = 0.0
    plain: float = 0.0
    calls: int = 0
    seconds: float = 0.0
    then: str = ""
    ended: str = ""

    def but(self, **changes: Any) -> RunState:
        """The state after another step."""
        return self.model_copy(update=changes)


@dataclass
class Loop:
    """The stages, the request and the run's folder, made into a graph. `tell` is called with every event."""

    request: Request
    run: Run
    planner: PlanStage
    painter: PaintStage
    verifier: VerifyStage | None
    remedies: Remedies = field(default_factory=Remedies)
    tell: Callable[[events.Event], None] = lambda event: None
    cancel: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = time.monotonic
    _said: set[str] = field(default_factory=set)

    def go(self) -> Result:
        """Run to the end, from the start or from where the run was stopped."""
        if (stored := self._stored()) is not None:
            self.tell(events.Began(self.run.id, str(self.run.folder), resumed=True))
            self._warn(stored.unpaintable)
            self._sized(stored.layout, stored.receipt.how, (stored.receipt.width, stored.receipt.height))
            return stored
        self.run.drop(RESULT, REFUSED, PAGE)
        self.tell(events.Began(self.run.id, str(self.run.folder), resumed=self.run.begun))
        try:
            ended = self._graph().invoke(RunState(course=Course(how=self.request.how)), LIMIT)
        except (PlanError, BadRequest) as error:
            self.run.write(REFUSED, json.dumps({"reason": str(error)}) + "\n")
            raise
        return self._ending(RunState.model_validate(ended))

    def _stored(self) -> Result | None:
        """The outcome of a run that is over, if it is whole."""
        try:
            return Result.of(self.run, Outcome.model_validate_json(self.run.read(RESULT) or ""))
        except (ValueError, Mismatch):
            return None

    def _graph(self) -> Any:
        graph = StateGraph(RunState)
        for node in (self.plan, self.paint, self.verify, self.decide, self.replan):
            graph.add_node(node.__name__, node)
        graph.add_edge(START, "plan")
        graph.add_edge("plan", "paint")
        graph.add_edge("paint", "verify")
        graph.add_edge("verify", "decide")
        graph.add_conditional_edges("decide", lambda state: state.then,
                                    {"paint": "paint", "replan": "replan", "end": END})
        graph.add_edge("replan", "paint")
        return graph.compile()

    def plan(self, state: RunState) -> RunState:
        """The first layout, or the one that came with the request."""
        request = self.request
        return self._planned(state, digest(f"plan {request.model_dump_json(exclude=BUDGETS)}"), lambda: (
            PlannedLayout(layout=request.layout) if request.layout is not None else
            self.planner.plan(request.prompt, seed=request.seed, calls=request.llm_calls)))

    def replan(self, state: RunState) -> RunState:
        """Another layout, made with the evidence of what went wrong with the last picture."""
        best = best_of(state.tries)
        return self._planned(
            state, digest(f"replan {state.plan} {state.course.planning} {best and best.report}"),
            lambda: self.planner.replan(
                state.layout, self._report_of(best),
                seed=seed_of("replan", self.request.seed, state.course.planning),
                calls=max(0, self.request.llm_calls - state.calls)))

    def _planned(self, state: RunState, key: str, make: Callable[[], PlannedLayout]) -> RunState:
        """A plan: from the folder if it is there, made and stored otherwise."""
        plan, began = self.run.plan(key), self.clock()
        if plan is None:
            plan = make().model_copy(update={"seconds": self.clock() - began})
            self.run.keep_plan(key, plan)
        self.tell(events.Planned(plan.layout, plan.notes))
        return state.but(layout=plan.layout, plan=key, calls=state.calls + plan.calls,
                         notes=(*state.notes, *_short(plan.notes)), seconds=state.seconds + plan.seconds)

    def paint(self, state: RunState) -> RunState:
        """The round's batch: taken from the folder if it is there, painted and stored otherwise."""
        brief = self.painter.brief(state.layout) if self.request.wording == "brief" else None
        task = state.course.task(state.layout, self.request, state.round, brief)
        self._warn(self.painter.unpaintable(task.layout))
        self._sized(task.layout, task.how, self.painter.fitted(task.layout.canvas, task.how))
        key = task.key(self.painter.identity)
        self.tell(events.RoundBegan(state.round, self.request.rounds))
        stored = self.run.batch(key)
        batch = stored or self._painted(key, task, state.round)
        if batch.failed:
            self.tell(events.Warned(f"round {state.round} failed: {batch.failed}"))
        else:
            self.tell(events.Painted(state.round, batch.paintings, again=stored is not None))
        receipts = [painting.receipt for painting in batch.paintings]
        return state.but(batch=key, seconds=state.seconds + batch.seconds,
                         passes=state.passes + sum(receipt.cost.forward_equivalents for receipt in receipts),
                         plain=max(state.plain, *(receipt.how.plain_passes for receipt in receipts), 0.0))

    def _warn(self, words: Sequence[Unpaintable]) -> None:
        """Say what the painter does not know, each word once."""
        if new := tuple(word for word in words if word.word not in self._said):
            self._said.update(word.word for word in new)
            self.tell(events.Unknown(new))

    def _sized(self, layout: Layout, how: How, size: tuple[int, int]) -> None:
        """Say, once, that a size in pixels was asked for and is not what is painted."""
        canvas, (width, height) = layout.canvas, size
        said = (f"a canvas of {canvas.width}x{canvas.height} was asked for; this model paints it in {width}x{height}, "
                "since it was trained for about as many pixels")
        if how.pixels and (canvas.width, canvas.height) != size and said not in self._said:
            self._said.add(said)
            self.tell(events.Warned(said))

    def _painted(self, key: str, task: PaintTask, round: int) -> StoredBatch:
        began = self.clock()
        source = self.run.painting(task.source.batch, task.source.index).image if task.source else None
        paintings: Sequence[Painting] = ()
        failed = ""
        try:
            paintings = self.painter.paint(task, on_step=lambda step: self.tell(events.Stepped(round, step)),
                                           cancel=self.cancel, source=source)
        except AttemptFailed as error:
            failed = str(error)
        batch = StoredBatch(tuple(paintings), self.clock() - began, failed)
        self.run.keep_batch(key, task, batch)
        return batch

    def verify(self, state: RunState) -> RunState:
        """Every picture of the round, judged."""
        new, seconds = [], 0.0
        for index, painting in enumerate(self.run.paintings(state.batch)):
            judged = self._judged(state.batch, index, painting, state.layout)
            new.append(self._tried(state, index, painting, judged.report if judged else None))
            if judged is not None:
                seconds += judged.seconds
                self.tell(events.Verified(state.round, index, judged.report))
        return state.but(tries=(*state.tries, *new), seconds=state.seconds + seconds)

    def _tried(self, state: RunState, index: int, painting: Painting, report: Report | None) -> Try:
        return Try(round=state.round, batch=state.batch, index=index, seed=painting.receipt.seed,
                   rank=rank(report) if report else (0.5, 0.0), verified=bool(report and report.passed),
                   failing=len(report.failing) if report else -1, doubtful=len(report.doubtful) if report else 0,
                   reserved=len(report.reserved) if report else 0,
                   passes=painting.receipt.cost.forward_equivalents, report=self._name(state.batch, index))

    def _judged(self, batch: str, index: int, painting: Painting, layout: Layout) -> Judged | None:
        """The report on a picture: from the folder if it is there, from the verifier otherwise."""
        if self.verifier is None:
            return None
        name, began = self._name(batch, index), self.clock()
        judged = self.run.judged(name)
        if judged is None:
            judged = Judged(report=self.verifier.verify(painting.image, layout), seconds=self.clock() - began)
            self.run.keep_judged(name, judged)
        return judged

    def _name(self, batch: str, index: int) -> str:
        return digest(f"{batch}/{index}/{self.verifier.identity}") if self.verifier else ""

    def decide(self, state: RunState) -> RunState:
        """Accept, stop because a budget is used up, or change course for the next round."""
        if ended := self._over(state):
            return state.but(then="end", ended=ended)
        best = best_of(state.tries)
        report = self._report_of(best)
        actions = self._actions(state, report)
        self.tell(events.Decided(state.round, actions))
        used = Counter(state.used)
        used.update({action.row for action in actions})
        course = treated(state.course, [(action.remedy, action.problem) for action in actions], report,
                         SourcePicture(batch=best.batch, index=best.index) if best else None)
        return state.but(course=course, used=dict(used), round=state.round + 1,
                         layout=self.run.task(best.batch).layout if best else state.layout,
                         then="replan" if "replan" in {a.remedy for a in actions} else "paint",
                         decisions=(*state.decisions, *_short([told(actions)])))

    def _over(self, state: RunState) -> str:
        """Why no further round is painted; empty while there is one to come.

        What passes, but with a reserve, is kept, and one more round looks for a clearer one: the more pictures have
        been looked at, the likelier one passes for what it is not.
        """
        verified = [t for t in state.tries if t.verified]
        if any(not t.reserved or t.round < state.round for t in verified):
            return "verified"
        if self.verifier is None and state.tries:
            return "unchecked"
        if not verified and any(t.failing == 0 and not t.doubtful for t in state.tries):
            return "untold"
        spent = ("rounds" if state.round >= self.request.rounds else
                 "seconds" if state.seconds >= self.request.seconds else "")
        return "verified" if spent and verified else spent

    def _actions(self, state: RunState, report: Report | None) -> tuple[Action, ...]:
        if report is None:
            return (reseed("no round came to a picture"),)
        return decide(report, state.used, EVERYWHERE | self.painter.can, self.remedies, state.course.whole().how)

    def _report_of(self, one: Try | None) -> Report | None:
        return self.run.report(one.report) if one else None

    def _ending(self, state: RunState) -> Result:
        """Write the best picture, its layout and report, and the outcome; the outcome last, since it says that all is
        there."""
        best = best_of(state.tries)
        if best is None:
            raise AttemptFailed(f"none of {state.round} rounds came to a picture; try another seed")
        task, report = self.run.task(best.batch), ""
        layout = task.layout
        painting = self.run.painting(best.batch, best.index)
        recipe = recipe_of(self.run, best.batch, best.index, self.painter.identity, self.request.parent)
        picture = with_recipe(painting.image, recipe)
        self.run.write(PICTURE, picture)
        self.run.write(LAYOUT, layout.model_dump_json(indent=1) + "\n")
        if found := self._report_of(best):
            report = found.model_dump_json(indent=1) + "\n"
            self.run.write(REPORT, report)
        outcome = Outcome(
            verified=best.verified, ended=state.ended, rounds=state.round, best=best, tries=state.tries,
            decisions=state.decisions, notes=state.notes, unpaintable=tuple(self.painter.unpaintable(layout)),
            layout=layout, brief=task.brief, receipt=painting.receipt, picture=sha256(picture),
            report=sha256(report.encode()) if report else "", passes=state.passes, plain=state.plain,
            llm_calls=state.calls, seconds=state.seconds)
        self.run.write(RESULT, outcome.model_dump_json(indent=1) + "\n")
        return Result.of(self.run, outcome)


def best_of(tries: Sequence[Try]) -> Try | None:
    """The best picture so far, which is treated; of equals the first, so that no later round makes it worse."""
    return max(tries, key=lambda t: (t.verified, -t.reserved if t.verified else 0, *t.rank), default=None)


def _short(sentences: Iterable[str]) -> tuple[str, ...]:
    """Sentences are kept short where they are kept for every round."""
    return tuple(sentence if len(sentence) <= LONGEST else f"{sentence[:LONGEST - 1]}…" for sentence in sentences)
