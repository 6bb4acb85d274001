"""The loop: plan, paint, verify, decide, again, as a graph whose every step survives a kill.

The state holds names and numbers, never pixels: pictures, layouts and reports lie in the run's folder under the digest
of what they depend on, so that a step that runs twice finds its own work. Edges are static or conditional.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph

from grounding.errors import AttemptFailed
from grounding.verify.report import Report
from planner.scene import Layout
from scenewright.errors import Mismatch, StorageFailed
from scenewright.loop import events
from scenewright.loop.course import Course, Request
from scenewright.loop.decide import Action, Remedies, decide, rank, reseed, told
from scenewright.loop.metadata import Recipe, settled_in, versions, with_recipe
from scenewright.loop.result import Outcome, Result, Try
from scenewright.loop.runs import PAGE, PICTURE, REPORT, RESULT, STATE, Run, digest, seed_of
from scenewright.loop.stages import Painter, Painting, Planned, Planner, Source, Task, Unpaintable, Verifier

THREAD: RunnableConfig = {"configurable": {"thread_id": "run"}, "recursion_limit": 1000}
LONGEST = 240


class State(TypedDict, total=False):
    """What is checkpointed after every step."""

    layout: str
    course: dict[str, Any]
    round: int
    batch: str
    tries: list[dict[str, Any]]
    used: dict[str, int]
    decisions: list[str]
    notes: list[str]
    passes: float
    plain: float
    calls: int
    seconds: float
    then: str
    ended: str


@dataclass
class Loop:
    """The stages, the request and the run's folder, made into a graph. `tell` is called with every event."""

    request: Request
    run: Run
    planner: Planner
    painter: Painter
    verifier: Verifier | None
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
            return stored
        try:
            return self._go()
        except sqlite3.OperationalError as error:
            raise StorageFailed(f"cannot store the checkpoints of `{self.run.id}`: {error}; what was stored before is "
                                "whole: the same request goes on from there") from None
        except (sqlite3.DatabaseError, Mismatch) as error:
            self.tell(events.Warned(f"the run `{self.run.id}` is damaged ({error}); the loop begins again, with the "
                                    "pictures that are whole"))
            self.run.set_aside(STATE)
        return self._go()

    def _stored(self) -> Result | None:
        """The outcome of a run that is over, if it is whole."""
        try:
            outcome = Outcome.model_validate_json(self.run.read(RESULT) or "")
            return Result.of(self.run, outcome) if (self.run.folder / PICTURE).exists() else None
        except (ValueError, Mismatch):
            return None

    def _go(self) -> Result:
        with self._graph() as graph:
            state = self._before(graph)
            self.tell(events.Began(self.run.id, str(self.run.folder), resumed=bool(state)))
            if "ended" not in state:
                state = graph.invoke(None if state else {"notes": []}, THREAD, durability="sync")
        return self._ending(state)

    def _before(self, graph: Any) -> State:
        """The last checkpoint; whatever keeps it from being read means that it is damaged, or was tampered with.

        Only the state itself says whether the run is over: after a kill between a step's writes and its checkpoint,
        the graph names no next step although there is one.
        """
        try:
            state = graph.get_state(THREAD).values
            sound = isinstance(state, dict) and (not state or "notes" in state)
        except sqlite3.Error:
            raise
        except Exception as error:
            raise Mismatch(f"its checkpoints cannot be read: {type(error).__name__}") from None
        if not sound:
            raise Mismatch("its checkpoints are not ours")
        return state  # type: ignore[no-any-return]

    @contextmanager
    def _graph(self) -> Iterator[Any]:
        path = self.run.folder / STATE
        with closing(sqlite3.connect(path, check_same_thread=False, timeout=5.0)) as connection:
            saver = SqliteSaver(connection, serde=JsonPlusSerializer(allowed_msgpack_modules=None))
            yield self._edges().compile(checkpointer=saver)

    def _edges(self) -> StateGraph[State, None, State, State]:
        graph = StateGraph(State)
        for node in (self.plan, self.paint, self.verify, self.decide, self.replan):
            graph.add_node(node.__name__, node)
        graph.add_edge(START, "plan")
        graph.add_edge("plan", "paint")
        graph.add_edge("paint", "verify")
        graph.add_edge("verify", "decide")
        graph.add_conditional_edges("decide", lambda state: state["then"],
                                    {"paint": "paint", "replan": "replan", "end": END})
        graph.add_edge("replan", "paint")
        return graph

    def plan(self, state: State) -> State:
        """The first layout, or the one that came with the request."""
        began, planned = self.clock(), self._planned()
        name = self.run.keep_layout(planned.layout)
        self.tell(events.Planned(planned.layout, planned.notes))
        return {"layout": name, "course": Course().model_dump(mode="json"), "round": 1, "calls": planned.calls,
                "tries": [], "used": {}, "decisions": [], "notes": _short(planned.notes), "passes": 0.0, "plain": 0.0,
                "seconds": self.clock() - began}

    def _planned(self) -> Planned:
        request = self.request
        if request.layout is not None:
            return Planned(request.layout)
        return self.planner.plan(request.prompt, seed=request.seed, calls=request.llm_calls)

    def paint(self, state: State) -> State:
        """The round's batch: taken from the folder if it is there, painted and stored otherwise."""
        began, round = self.clock(), state["round"]
        task = _course(state).task(self.run.layout(state["layout"]), self.request, round)
        self._warn(self.painter.unpaintable(task.layout))
        key = task.key(self.painter.identity)
        self.tell(events.RoundBegan(round, self.request.rounds))
        stored = self.run.paintings(key)
        try:
            paintings = stored or self._painted(key, task, round)
        except AttemptFailed as error:
            self.tell(events.Warned(f"round {round} failed: {error}"))
            return {"batch": "", "seconds": state["seconds"] + self.clock() - began}
        self.tell(events.Painted(round, paintings, again=stored is not None))
        return {"batch": key, "seconds": state["seconds"] + self.clock() - began,
                "passes": state["passes"] + sum(number(p, "passes") for p in paintings),
                "plain": max(state["plain"], *(number(p, "plain_passes") for p in paintings))}

    def _warn(self, words: Sequence[Unpaintable]) -> None:
        """Say what the painter does not know, each word once."""
        if new := tuple(word for word in words if word.word not in self._said):
            self._said.update(word.word for word in new)
            self.tell(events.Unknown(new))

    def _painted(self, key: str, task: Task, round: int) -> list[Painting]:
        source = None if task.source is None else self._batch(task.source.batch)[task.source.index].image
        paintings = list(self.painter.paint(task, on_step=lambda step: self.tell(events.Stepped(round, step)),
                                            cancel=self.cancel, source=source))
        self.run.keep_paintings(key, task, paintings)
        return paintings

    def verify(self, state: State) -> State:
        """Every picture of the round, judged."""
        began, batch = self.clock(), state["batch"]
        new = [self._judged(state, index, painting) for index, painting in enumerate(self._batch(batch))]
        return {"tries": state["tries"] + new, "seconds": state["seconds"] + self.clock() - began}

    def _batch(self, key: str) -> list[Painting]:
        """The stored pictures of a batch; none where the round failed."""
        if not key:
            return []
        paintings = self.run.paintings(key)
        if paintings is None:
            raise Mismatch(f"the pictures `{key}` of the run `{self.run.id}` are missing or damaged")
        return paintings

    def _judged(self, state: State, index: int, painting: Painting) -> dict[str, Any]:
        batch, task = state["batch"], self.run.task(state["batch"])
        report = self._report(batch, index, painting, task.layout)
        if report is not None:
            self.tell(events.Verified(state["round"], index, report))
        return Try(round=state["round"], batch=batch, index=index, seed=task.seeds[index],
                   rank=rank(report) if report else (0.5, 0.0), verified=bool(report and report.passed),
                   failing=len(report.failing) if report else -1, doubtful=len(report.doubtful) if report else 0,
                   reserved=len(report.reserved) if report else 0,
                   passes=number(painting, "passes"), report=self._name(batch, index)).model_dump(mode="json")

    def _report(self, batch: str, index: int, painting: Painting, layout: Layout) -> Report | None:
        """The report on a picture: from the folder if it is there, from the verifier otherwise."""
        if self.verifier is None:
            return None
        name = self._name(batch, index)
        report = self.run.report(name)
        if report is None:
            report = self.verifier.verify(painting.image, layout)
            self.run.keep_report(name, report)
        return report

    def _name(self, batch: str, index: int) -> str:
        return digest(f"{batch}/{index}/{self.verifier.identity}") if self.verifier else ""

    def decide(self, state: State) -> State:
        """Accept, stop because a budget is used up, or change course for the next round."""
        if ended := self._over(state):
            return {"then": "end", "ended": ended}
        best, report = self._best(state), self._best_report(state)
        actions = self._actions(state, report)
        used = Counter(state["used"])
        used.update({action.row for action in actions})
        self.tell(events.Decided(state["round"], actions))
        source = Source(batch=best.batch, index=best.index) if best else None
        course = _course(state).after(actions, report, source)
        return {"course": course.model_dump(mode="json"), "used": dict(used),
                "layout": self.run.keep_layout(self.run.task(best.batch).layout) if best else state["layout"],
                "round": state["round"] + 1, "then": "replan" if "replan" in {a.remedy for a in actions} else "paint",
                "decisions": [*state["decisions"], *_short([told(actions)])]}

    def _over(self, state: State) -> str:
        """Why no further round is painted; empty while there is one to come.

        What passes, but with a reserve, is kept, and one more round looks for a clearer one: the more pictures have
        been looked at, the likelier one passes for what it is not.
        """
        verified = [t for t in state["tries"] if t["verified"]]
        if any(not t.get("reserved") or t["round"] < state["round"] for t in verified):
            return "verified"
        if self.verifier is None and state["tries"]:
            return "unchecked"
        if not verified and any(t["failing"] == 0 and not t["doubtful"] for t in state["tries"]):
            return "untold"
        spent = ("rounds" if state["round"] >= self.request.rounds else
                 "seconds" if state["seconds"] >= self.request.seconds else "")
        return "verified" if spent and verified else spent

    def _actions(self, state: State, report: Report | None) -> tuple[Action, ...]:
        if report is None:
            return (reseed("no round came to a picture"),)
        return decide(report, state["used"], {"reseed", "replan", *self.painter.can}, self.remedies)

    def _best(self, state: State) -> Try | None:
        """The best picture so far: the one that is treated."""
        return Try.model_validate_json(json.dumps(best_of(state["tries"]))) if state["tries"] else None

    def _best_report(self, state: State) -> Report | None:
        best = self._best(state)
        return self.run.report(best.report) if best else None

    def replan(self, state: State) -> State:
        """Another layout, made with the evidence of what went wrong with the last picture."""
        began, report = self.clock(), self._best_report(state)
        planned = self.planner.replan(
            self.run.layout(state["layout"]), report,
            seed=seed_of("replan", self.request.seed, _course(state).planning),
            calls=max(0, self.request.llm_calls - state["calls"]))
        self.tell(events.Planned(planned.layout, planned.notes))
        return {"layout": self.run.keep_layout(planned.layout), "calls": state["calls"] + planned.calls,
                "notes": [*state["notes"], *_short(planned.notes)],
                "seconds": state["seconds"] + self.clock() - began}

    def _ending(self, state: State) -> Result:
        """Write the best picture, its report and the outcome; the outcome last, since it says that all is there."""
        self.run.drop(PAGE)
        best = self._best(state)
        if best is None:
            raise AttemptFailed(f"none of {state['round']} rounds came to a picture; try another seed")
        task, recipe = self.run.task(best.batch), self._recipe(best.batch, best.index)
        self.run.write(PICTURE, with_recipe(self._batch(best.batch)[best.index].image, recipe))
        if best.report and (report := self.run.report(best.report)):
            self.run.write(REPORT, report.model_dump_json(indent=1) + "\n")
        outcome = Outcome(
            verified=best.verified, ended=state["ended"], rounds=state["round"], best=best,
            tries=tuple(Try.model_validate_json(json.dumps(t)) for t in state["tries"]),
            decisions=tuple(state["decisions"]), notes=tuple(state["notes"]),
            unpaintable=tuple(self.painter.unpaintable(task.layout)), layout=self.run.keep_layout(task.layout),
            passes=state["passes"], plain=state["plain"], llm_calls=state["calls"], seconds=state["seconds"])
        self.run.write(RESULT, outcome.model_dump_json(indent=1) + "\n")
        return Result.of(self.run, outcome)


    def _recipe(self, batch: str, index: int) -> Recipe:
        """How a stored picture was made, with the pictures that it goes back to."""
        task = self.run.task(batch)
        return Recipe(task=task, index=index, painter=self.painter.identity, versions=versions(), run=self.run.id,
                      parent=self.request.parent, settled=settled_in(self._batch(batch)[index].receipt),
                      source=self._recipe(task.source.batch, task.source.index) if task.source else None)


def best_of(tries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The best picture; of equals the first, so that no later round makes it worse."""
    return max(tries, key=lambda t: (t["verified"], -t.get("reserved", 0) if t["verified"] else 0, *t["rank"]))


def number(painting: Painting, name: str) -> float:
    """A number from a picture's receipt."""
    return float(painting.receipt.get(name, 0.0))


def _course(state: State) -> Course:
    return Course.model_validate_json(json.dumps(state["course"]))


def _short(sentences: Iterable[str]) -> list[str]:
    """The state is stored after every step: sentences are kept short in it."""
    return [sentence if len(sentence) <= LONGEST else f"{sentence[:LONGEST - 1]}…" for sentence in sentences]
