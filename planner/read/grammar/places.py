"""Places and pronouns: what "on the mat", "to its left" and "at the top" say, and whom "it" means."""

from __future__ import annotations

from collections.abc import Sequence

from planner.read.grammar.absences import Absences
from planner.read.grammar.actor import Actor
from planner.read.grammar.binding import LADEN
from planner.read.grammar.bodies import Pending
from planner.read.grammar.cues import CORNERS, Cue
from planner.read.grammar.lexicon import listed, mapping
from planner.read.grammar.salience import Use
from planner.read.grammar.tree import Arc
from planner.relations import TABLE

_ORDER = {"rightwards": "left_of", "leftwards": "right_of", "downwards": "above", "upwards": "below"}
_TOWARDS = {"at_left": "left_of", "at_right": "right_of", "at_top": "above", "at_bottom": "below"}
_NOBODY = frozenset({"i", "me", "we", "us", "you"})
_STATES = frozenset({"in", "on", "above", "at", "near", "middle", "other"})


_STANDS = frozenset({"park", "seat", "place", "station", "sit", "stand"})
"""Of these, "by" says where, and not who did it."""
_BY_ITSELF = {"above": "at_top", "below": "at_bottom", "behind": "in_background", "in_front_of": "in_foreground"}
_BARE = frozenset({"empty", "bare", "deserted", "blank", "plain"})
_TENDED = ("feed", "fed", "pet", "strok", "hug", "brush", "walk", "chas", "milk", "train")
"""How verbs begin that are done to animals."""
_SIDES = frozenset({"left_of", "right_of", "above", "below"})


class Places(Absences):
    """Reads places."""

    def _pron(self, k: int) -> None:
        word, arc = self.word(k), self.arcs[k]
        if arc.label == "object":
            governor = arc.head
            pending = self.pendings.setdefault(governor, self._opened(governor, k))
            found = self._speaker(k) if word in _NOBODY else self.meant(word, governor, pending)
            over = self.arcs[governor].head
            mere = self.kind(governor) == "cue" and self.kind(over) == "np" and over in self.met and not self.met[over]
            if mere and word == "it" and len(pending.subjects) == 1:
                found = []  # what is on it are mere words ("a board with numbers on it")
            if not found and word in ("it", "them"):
                found = self._first_of_list(word, governor, pending)
            self.met[k] = found
            self._tell_from(governor)
            if found:
                self.bind(pending, found)
        else:
            found = self._speaker(k) if word in _NOBODY else self.cast.pronoun(word, self.main, self.near)
            if word in ("i", "me") and not found:
                self.story.unread.append(word)
            self.met[k] = found
            if found:
                self.subjects = self.near = found
                self._follow(found)

    def _speaker(self, k: int) -> list[Actor]:
        """"me and my girlfriend": who asks is in the picture where a name is joined; "we" are those and the others."""
        joined = "and" in (self.kind(k - 1), self.kind(k + 1)) and "np" in (self.kind(k - 2), self.kind(k + 2))
        if not self.speaker and joined and self.word(k) in ("i", "me"):
            at = self._place_at(k)
            self.speaker = [Actor("person", self.word(k), [], at, self.cast.sentence, mentions=[at], name=True)]
            self.cast.actors += self.speaker
        if self.word(k) in ("we", "us") and self.speaker:
            return [a for a in self.cast.things if a.human]
        return list(self.speaker) if self.word(k) != "you" else []

    def meant(self, word: str, governor: int, pending: Pending) -> list[Actor]:
        """Whom a pronoun means that is the object of a relation."""
        if pending.fronted and word == "it" and self.anchor[0] == self.cast.sentence and len(self.anchor[1]) == 1:
            return self.anchor[1]
        owner: list[Actor] = []
        head = self.arcs[governor].head
        over = self.arcs[self.first[head]] if head >= 0 else Arc(-1, "none")
        if over.label == "object" and self.kind(over.head) in ("with", "have"):
            owner = self.said_of(over.head)
        earlier = self.joined(head) if head >= 0 and owner else []
        owner = self.things(owner) or [a for j in earlier for a in self.met.get(j, ()) if j < head]
        if len(owner) == 1 and word in ("it", "its") and not owner[0].human and owner[0] not in pending.subjects:
            found = owner
        elif owner and not set(owner) & set(pending.subjects):
            found = self.cast.pronoun(word, owner, self.main, pending.subjects)
        else:
            if word in ("it", "its") and self.it_meant and not set(self.it_meant) & set(pending.subjects):
                return self.it_meant
            topic = self.topic if self.main and set(self.main) <= set(pending.subjects) else self.main
            topic = self.bearer if self.resolver.tags and self.bearer and self.bearer != pending.subjects else topic
            near = self.previous if self.previous and self.previous != pending.subjects else self.near
            alike = [a for a in self.cast.actors if any(a.noun == b.noun for b in pending.subjects)]
            banned = pending.subjects if len(alike) == len(self.things(self.cast.actors)) else alike
            tended = pending.words.startswith(_TENDED)
            found = self.cast.pronoun(word, near, topic, banned, Use("tending" if tended else pending.kind))
        self.it_meant = found if word in ("it", "its") else self.it_meant
        return found

    def _recip(self, k: int) -> None:
        """"next to each other", "chasing each other"."""
        governor = self.arcs[k].head
        if self.arcs[k].label != "object":
            return
        pending = self._opened(governor, k)
        things, close = self.things(pending.subjects), pending.kind in ("next_to", "near", "far_from")
        if self.word(k) == "another one" and len(things) == 1:
            self.bind(pending, self.cast.copies(things[0], 1))
        elif len(things) == 2 and pending.kind != "on":
            self._link(pending.kind if close else "other", things[:1], things[1:], pending.words)
        elif close and pending.kind != "far_from":
            self._link("row", things, (), f"{pending.words} each other")

    def _opened(self, g: int, k: int) -> Pending:
        """The relation that the chunk at `g` opens for the object at `k`."""
        chunk, subjects = self.chunks[g], self.said_of(g)
        if chunk.kind == "cue":
            return self._place(g, subjects)
        if chunk.kind == "with":
            before = self.before(g)
            verb = self.word(before) if self.kind(before) == "verb" else ""
            return Pending("with", subjects, f"{verb} with" if verb else "with", self.negated)
        if chunk.kind == "have":
            return Pending("have", subjects, chunk.word, self.negated)
        if chunk.kind == "rel":
            return Pending("have", self.met.get(self.arcs[g].head, []), "whose")
        lemma = chunk.verb.lemma if chunk.verb else ""
        kind = mapping("verb_kind").get(lemma, "other")
        return Pending("other" if kind in LADEN else kind, subjects, chunk.word, self.negated)

    def _place(self, g: int, subjects: list[Actor]) -> Pending:
        cue, before = self.chunks[g].cue, self.before(g)
        assert cue is not None
        head = self.arcs[g].head
        if subjects and not self.things(subjects) and head >= 0 and self.arcs[head].label == "object":
            there = self.said_of(self.arcs[head].head) if self.kind(self.arcs[head].head) == "cue" else []
            subjects = self.things(there) or subjects
        front = self.arcs[g].label == "front"
        verb = self.chunks[before].verb if self.kind(before) == "verb" and not front else None
        word, lemma = (self.word(before), verb.lemma) if verb else ("", "")
        if cue.kind == "without":
            bare = self.word(before) in _BARE and cue.words.lower() in listed("exception")
            return Pending("contains" if bare else "without", subjects, cue.words)
        if verb and verb.form == "ed" and self.word(g) == "by" and lemma not in _STANDS:
            return Pending(mapping("verb_kind").get(lemma, "other"), subjects, f"{word} by", self.negated, reverse=True)
        if lemma == "dress" and cue.words == "in":
            return Pending("wearing", subjects, "dressed in", self.negated)
        if verb and mapping("verb_kind").get(lemma) in LADEN and cue.words in ("in", "with"):
            return Pending(mapping("verb_kind")[lemma], subjects, f"{word} {cue.words}", self.negated)
        beside = lemma == "listen" and cue.words in ("on", "in")
        watched = lemma in listed("no_place") and cue.kind in _STATES and not beside
        kind = "other" if watched else cue.kind
        if lemma in listed("dividing") and cue.words.lower() == "into":
            kind = "like"
        words = f"{word} {cue.words}" if word and kind in ("other", "around", "like") else cue.words
        return Pending(kind, [] if front else subjects, words, self.negated, alone=cue.alone, place=not watched,
                       fronted=front)

    def _cue(self, k: int) -> None:
        cue, arc = self.chunks[k].cue, self.arcs[k]
        assert cue is not None
        if self._spare(k):
            return
        if self._excepts(k):
            self._exception(k)
            return
        if arc.label == "none":
            if self.story.lettering:
                self.story.lettering[-1].place = cue.words
            return
        nxt = self.after(k)
        image = cue.alone and self._image(nxt)
        waits = self.arcs[nxt].head == k and self.arcs[nxt].label == "object" if nxt < len(self.arcs) else False
        if image and waits:
            self.skip_to = nxt + 1
        if arc.label == "front":
            if cue.owner:
                kind = cue.kind if cue.kind != "corner" else "next_to"
                self.fronted.append((kind, self._around(cue, k), cue.words, self._place_at(k)))
            elif (not waits or image) and cue.alone and (before := self._counterpart(cue, [])):
                self.fronted.append((_TOWARDS[cue.alone], before, cue.words, self._place_at(k)))
            elif (not waits or image) and cue.alone:
                self.fronted.append((cue.alone, [], cue.words, self._place_at(k)))
            return
        if cue.owner and cue.words.lower().startswith("in ") and self.in_hand:
            return
        if cue.owner:
            kind = "next_to" if cue.kind == "corner" else cue.kind
            subjects = self.said_of(k)
            self._link(kind, subjects, self._owner_of(cue, k, subjects), cue.words)
        elif not waits or image:
            self._bare_place(k, cue, self.said_of(k))

    def _owner_of(self, cue: Cue, k: int, subjects: list[Actor]) -> list[Actor]:
        if cue.owner == "named":
            m = self.cast.p.noun_phrase(cue.owner_at[0])
            m = m.owner if m and m.owner else m
            return self.resolver.resolve(m, cue.kind) if m else []
        last = next((link for link in self.story.links[-1:] if link.kind in _SIDES and link.objects), None)
        if last and cue.owner == "its" and cue.kind in _SIDES and last.subjects[0].sentence == self.cast.sentence and (
                not set(subjects) & {*last.subjects, *last.objects}):
            return list(last.objects)  # "a pear to the right of a jug and an apple to its left"
        return self.meant(cue.owner, k, Pending("", subjects, ""))

    def _around(self, cue: Cue, k: int) -> list[Actor]:
        """Whose left "to its left" is before a subject: in "to its left a dog; to its right a bird" the same one's."""
        if cue.owner == "named":
            return self._owner_of(cue, k, [])
        if self.hub[0] == cue.owner and self.cast.sentence - self.hub[1] < 2:
            actors = self.hub[2]
        else:
            opens = cue.owner == "its" and len(self.things(self.main)) == 1
            actors = self.main if opens else self.cast.pronoun(cue.owner, self.near, self.main)
        self.hub = (cue.owner, self.cast.sentence, actors)
        return actors

    def _bare_place(self, k: int, cue: Cue, subjects: list[Actor]) -> None:
        """A place without an object: on the canvas, or relative to what was named before."""
        words = cue.words.lower()
        fellows = self._fellows(self.arcs[k].head) if self.arcs[k].label == "of" else []
        if cue.alone and TABLE.get(cue.alone, TABLE["on"]).arity == "arrangement" and len(self.things(subjects)) == 1:
            self.story.unread.append(cue.words)
        elif cue.alone in CORNERS:
            self.met[self.arcs[k].head] = self.into_corners(cue.alone, subjects, cue.words)
        elif words.startswith("from the"):
            self.story.unread.append(cue.words)
        elif cue.alone in _ORDER:
            self._ordered(cue.alone, subjects, cue.words)
        elif cue.alone and self._points(k):
            verb = self.word(self.before(k))
            for actor in subjects:
                actor.attributes = [word for word in actor.attributes if word != verb]
                actor.describe([f"{verb} {cue.words}"], self._place_at(k))
        elif cue.alone and (before := self._counterpart(cue, subjects) or (
                fellows if cue.alone in _TOWARDS and words.startswith("to the") and not self._placed(fellows) else [])):
            self._link(_TOWARDS[cue.alone], subjects, before, cue.words)
        elif cue.alone:
            owner = self._owner(k)
            if words == "on top" and not owner and self.things(self.cast.actors) != list(subjects):
                owner = self.cast.pronoun("it", self.previous, self.topic or self.main, subjects)
            on_owner = words in ("on top", "on the top") and self.things(owner)
            self._link("on" if on_owner else cue.alone, subjects, owner if on_owner else (), cue.words)
        elif cue.kind == "flanking":
            worn = {a for link in self.story.links if link.kind == "wearing" for a in link.objects}
            near = [a for a in self.previous if a not in worn] or self.topic or self.main
            self.emit(cue.kind, subjects, self._owner(k) or near, Pending("", [], cue.words))
        else:
            self._from_others(k, cue, subjects, fellows)

    def _from_others(self, k: int, cue: Cue, subjects: list[Actor], fellows: list[Actor]) -> None:
        """"a dog above", "a bridge between": a relation whose object is not said, to who was named before."""
        people = [a for a in (*self.bearer, *self.topic) if a.human and a not in subjects][:1]
        near = self.things(self._owner(k)) or fellows or people or self.meant(
            "it", k, Pending(cue.kind, subjects, cue.words))
        others = [a for a in near if a not in subjects]
        if cue.kind == "between" and len(others) == 1:
            told = [a for a in self.cast.things if a.sentence == self.cast.sentence and a not in subjects]
            others = told if len(told) == 2 else others
        last = self.before(k)
        over = self.arcs[last].head if self.kind(last) == "np" else -1
        aside = last != self.arcs[k].head and self.kind(over) == "cue"  # "on the rug below"
        if others and not aside and cue.words.lower().split()[-1] in listed("bare_place"):
            self._link(cue.kind, subjects, others, cue.words)
        elif not others and last == self.arcs[k].head and cue.kind in _BY_ITSELF:
            self._link(_BY_ITSELF[cue.kind], subjects, (), cue.words)
        elif cue.words != "on" and not (cue.kind in ("in", "without") and self.kind(k + 1) == "adj"):
            self.story.unread.append(cue.words)

    def _first_of_list(self, word: str, governor: int, pending: Pending) -> list[Actor]:
        """"a table and two chairs next to it": the table, of which the chairs alone are told."""
        others = self._fellows(self.arcs[governor].head)
        if not others or (pending.kind == "in" and others[-1].living):
            return []
        pending.subjects = [a for a in pending.subjects if a not in others]
        last = others[-1]
        return others if word == "them" else [a for a in others if a is last or (a.bunch and a.bunch is last.bunch)]

    def _fellows(self, k: int) -> list[Actor]:
        """Those that stand before the last of several joined noun phrases, of which the chunk at `k` is one."""
        several = self.joined(k) if k >= 0 else []
        return [a for j in several[:-1] for a in self.things(self.met.get(j, ()))]

    def _placed(self, actors: Sequence[Actor]) -> bool:
        """Whether it was said of one of them where in the picture it is."""
        return any(set(actors) & set(link.subjects) for link in self.story.links if link.kind.startswith("at_"))

    def _points(self, k: int) -> bool:
        """"pointing to the left": where somebody looks, not where he is."""
        verb = self.chunks[self.before(k)].verb if self.kind(self.before(k)) == "verb" else None
        turns = self.word(k).lower() in ("left", "right")
        goes = self.word(k).lower().startswith("to the")
        turns = turns or (verb is not None and goes and verb.lemma in listed("motion"))
        return verb is not None and (turns or verb.lemma in listed("no_place", "facing"))

    def _counterpart(self, cue: Cue, subjects: Sequence[Actor]) -> list[Actor]:
        """Of whom "to the left" is said after "a cup to the right of the laptop and …": of the same one."""
        prefix = cue.words.lower()[:6]
        if cue.alone not in _TOWARDS or prefix not in ("to the", "on the"):
            return []
        for last in reversed(self.story.links):
            if last.subjects[0].sentence == self.cast.sentence and last.objects and last.kind in _SIDES:
                if prefix == "on the" and not last.words.lower().startswith(prefix):
                    return []
                return [] if set(last.objects) & set(subjects) else list(last.objects)
        return []

    def _owner(self, k: int) -> list[Actor]:
        """Who has what the place at `k` is said of."""
        head = self.arcs[k].head
        over = self.arcs[self.first[head]] if head >= 0 else Arc(-1, "none")
        return self.said_of(over.head) if over.label == "object" and self.kind(over.head) in ("with", "have") else []
