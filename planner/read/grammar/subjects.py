"""Noun phrases: what each one means where it stands, and what a list of tags says of the one it is about."""

from __future__ import annotations

from collections.abc import Sequence

from planner.read.grammar.actor import Actor
from planner.read.grammar.apposition import apposed
from planner.read.grammar.bodies import Pending
from planner.read.grammar.classes import is_part, klass
from planner.read.grammar.frontier import APART
from planner.read.grammar.lexicon import listed, mapping
from planner.read.grammar.mention import Mention
from planner.read.grammar.outlook import is_trait
from planner.read.grammar.places import Places
from planner.read.grammar.quantity import Quantity
from planner.read.grammar.salience import Use
from planner.relations import TABLE

_LETTERS = frozenset({"letter", "lettering", "font", "type", "script", "writing", "capital"})


class Subjects(Places):
    """Reads noun phrases."""

    def _np(self, k: int) -> None:
        m, arc = self.chunks[k].mention, self.arcs[k]
        assert m is not None
        if self.first[k] == k:
            self._share_noun([self.chunks[j].mention for j in self.joined(k)])  # type: ignore[misc]
        self.nothing |= m.noun == "nothing"
        head = self.arcs[self.first[k]]
        if arc.label == "named":
            self._predicate(m, self.met.get(arc.head, []))
            self.met[k] = self.met.get(arc.head, [])
        elif arc.label == "gap":
            self._gapped(k, m, arc.head)
        elif head.label == "object" and self.kind(head.head) == "be":
            self._after_be(k, m, head.head)
        elif head.label == "object":
            self._object_np(k, m, head.head)
        else:
            self._subject_np(k, m)

    def _gapped(self, k: int, m: Mention, verb: int) -> None:
        """"one wears a cap, the other a tie"."""
        chunk = self.chunks[verb]
        lemma = chunk.verb.lemma if chunk.verb else ""
        kind = "have" if chunk.kind == "have" else mapping("verb_kind").get(lemma, "other")
        pending = Pending(kind, self.subjects, chunk.word)
        self.look(pending, chunk)
        self.met[k] = self.object(pending, m)
        if self.met[k]:
            self.bind(pending, self.met[k])

    def _after_be(self, k: int, m: Mention, be: int) -> None:
        subjects = self.said_of(be)
        if self.negated and m.det != "no":
            self.negated = False
            self._deny([m], subjects)
        elif subjects and (not m.headless or any(word.endswith("est") for word in m.attributes)):
            self._predicate(m, subjects)
            self.met[k] = subjects
        else:
            self._subject_np(k, m)
            if self.arcs[be].head >= 0 and not self.met.get(self.arcs[be].head):
                self.met[self.arcs[be].head] = self.met[k]
        self.negated = False

    def _object_np(self, k: int, m: Mention, governor: int) -> None:
        if governor not in self.pendings:
            self.pendings[governor] = self._opened(governor, k)
        pending = self.pendings[governor]
        self.look(pending, self.chunks[governor])
        nxt = self.after(k)
        cue = self.chunks[nxt].cue if self.kind(nxt) == "cue" else None
        self.placed = cue is not None and not cue.alone and self.kind(self.after(nxt)) != "np"
        self.followed = self.kind(nxt) == "verb" or (self.kind(nxt) == "cue" and self.arcs[nxt].head == k)
        self.spread = []
        self.resolver.lettered = self.kind(self.after(k)) == "quote"
        found = self.object(pending, m)
        if pending.fronted and m.det in ("each", "every") and len(found) > 1:
            self.front_each = found
        self.met[k] = found or self.spread
        if self.story.lettering and pending.kind == "in" and m.head in _LETTERS and not found:
            self.story.lettering[-1].look = self.cast.words(m)
        if governor in self.texts and self.things(found) and pending.kind in ("on", "in", "other"):
            text = self.texts.pop(governor)
            self.story.lettering[text].host = found[0]
        if self.sided and pending.having and found:
            self.story.link(self.sided[0], found, (), self.sided[1])
        self._depict(k, m)
        self.gathered.setdefault(governor, []).extend(found)
        if k == self.ends[self.first[k]]:
            self._tell_from(governor)
            self._without_names(self.joined(k))
            self._bind(governor, pending, [self.chunks[j].mention for j in self.joined(k)])  # type: ignore[misc]

    def _bind(self, governor: int, pending: Pending, mentions: list[Mention]) -> None:
        objects = [a for a in self.gathered.pop(governor, []) if a in self.cast.actors]
        if self.respectively and len(objects) == len(pending.subjects) > 1:
            for subject, thing in zip(pending.subjects, objects, strict=True):
                self.bind(Pending(pending.kind, [subject], pending.words), [thing])
        elif objects:
            self.bind(pending, objects)
        self.near = objects or self.near
        self.negated = False

    def _share_noun(self, mentions: list[Mention]) -> None:
        """"two red and one blue ball": the noun of the last one is everybody's."""
        last = mentions[-1]
        for m in mentions[:-1] if last.noun else ():
            if m.headless and m.attributes and not m.one and not m.closed:
                m.noun, m.plural, m.core = last.noun, bool(m.quantity and m.quantity.n > 1), (0, 0)

    def _predicate(self, m: Mention, subjects: Sequence[Actor]) -> None:
        """"The animal is a dog": a name for the subject, no second thing."""
        if is_trait(m):
            for actor in subjects:
                actor.describe([self.cast.p.span(*m.core)], self.cast.range(m))
            return
        if self.resolver.words_only(m):
            self.story.unread.append(self.cast.words(m))
            return
        together = len(subjects) > 1 and subjects[0].bunch and all(a.bunch is subjects[0].bunch for a in subjects)
        if m.quantity and m.quantity.exact and together and m.quantity.n != len(subjects):
            subjects = self.resolver.recount(list(subjects), m.quantity.n)
        for actor in subjects:
            if (actor.noun in mapping("hypernym") or actor.name) and m.noun:
                actor.noun, actor.phrase = m.noun, self.cast.words(m)
            actor.describe([*m.attributes, *([m.noun] if m.noun and m.head != actor.head else [])], self.cast.range(m))

    def _subject_np(self, k: int, m: Mention) -> None:
        if self.negated and m.det != "no":
            whose = self.subjects or self.main if self.kind(self.before(k)) == "verb" or m.headless else ()
            self._deny([m], whose)
            self.met[k], self.negated = [], False
            return
        if gone := self._out_of_sight(k):
            self.skip_to = gone
            self.met[k] = []
            return
        first = self.first[k] == k
        if first and self._posture(k, m):
            return
        self.look(None, None)
        nxt = self.after(k)
        self.resolver.lettered = self.kind(nxt) == "quote"
        form = self.chunks[nxt].verb if self.kind(nxt) == "verb" else None
        self.resolver.alone = self.kind(k - 1) in ("comma", "") and self.kind(k + 1) in ("comma", "stop", "")
        self.resolver.spoken_of = self.kind(nxt) in ("be", "have") or bool(form and form.form in ("s", "base"))
        cue = self.chunks[nxt].cue if self.kind(nxt) == "cue" else None
        inner = self.mention(self.after(nxt)) if cue is not None and cue.kind == "in" else None
        labels = self.word(k + 1) == ":" and bool(self.main) and klass(m.noun) == "place"
        self.resolver.contained = labels or (
            inner is not None and klass(inner.noun) in ("container", "thing", "shape", "garment"))
        several = self.joined(k)
        colon = self.word(several[0] - 1) in (":", "so")
        self._pair_up(k, m)
        label = self.mention(several[0] - 2) if self.word(several[0] - 1) == ":" else None
        heads = label is not None and self.arcs[several[0] - 2].label == "subject"
        single = label is not None and not label.headless and not label.plural and heads
        group = self.cast.group_for([], self.near) if colon and first and not single else []
        self.resolver.told_apart = TABLE[cue.kind].opposite if cue and cue.kind in TABLE and len(several) == 1 else ""
        self.resolver.spelled_out, self.resolver.in_list = colon, len(several) > 1
        self.resolver.recounted = False
        if group and first:
            self.colon_group = group
        if m.one and not first and self.met.get(self.arcs[k].head):
            found = apposed(m, self.cast) or self.cast.new(self.cast.like(m, self.met[self.arcs[k].head][-1]))
        else:
            found = self.resolver.resolve(m, "")
        self.met[k] = found
        self._depict(k, m)
        self.resolver.told_apart = ""
        if m.headless and m.det in ("each", "both", "all"):
            self.each = found if m.det == "each" else []
            self.both = found if m.det == "both" else []
            self.everyone, self.told_before = found, len(self.story.links)
            self.said_before = {a: list(a.attributes) for a in found}
            for actor in found if m.det != "both" else ():
                actor.describe(m.attributes, self.cast.range(m))
        elif m.det in ("each", "every") and len(found) > 1:
            self.each = found
        self.arranged(m, found)
        rows = m.rows if m.rows > 1 and found and len(found) % m.rows == 0 else 0
        if rows:
            across = len(found) // rows
            self.resolver.rows = [found[i * across:(i + 1) * across] for i in range(rows)]
        if m.alike and len(found) > 1:
            self.story.link("same_size", found[:1], found[1:], m.tail)
        elif m.alike and found and len(self.subjects) == 1:
            self.story.link("same_size", found, self.subjects, m.tail)
        if not m.headless and len(self.things(found)) > 1:
            self.cast.share = None
        if k == self.ends[self.first[k]]:
            self._subjects_done(several)

    def _depict(self, k: int, m: Mention) -> None:
        if m.content is not None and m.head in listed("picture"):
            self.depicted[k] = [a for link in self.story.links[-1:] if link.words == "of" for a in link.subjects]

    def _subjects_done(self, several: list[int]) -> None:
        """All noun phrases of a subject have been read."""
        several = self._without_names(several)
        actors = list(dict.fromkeys(a for j in several for a in self.met.get(j, ())))
        mentions = [m for j in several if (m := self.chunks[j].mention)]
        group = self._as_many(self.colon_group, actors)
        self.colon_group = []
        if len(group) == len(actors) > 1 and not any(m.headless for m in mentions):
            named, actors = actors, self.cast.named_one_by_one(group, actors)
            self.story.swap(named, actors)
            taken = dict(zip(named, actors, strict=True))
            for j in several:
                self.met[j] = [taken.get(a, a) for a in self.met.get(j, [])]
        if not actors and any(m.headless for m in mentions):
            return
        if len(self.front_each) > 1 and len(actors) == 1 and len(several) == 1:
            actors = [*actors, *self.cast.copies(actors[0], len(self.front_each) - 1)]
        label = self.mention(several[0] - 2) if self.word(several[0] - 1) == ":" and not group else None
        heads = label is not None and self.arcs[several[0] - 2].label == "subject"
        kinds = [a for a in self.met.get(several[0] - 2, ()) if a not in actors] if heads else []
        if label is not None and len(kinds) == 1 and label.head in listed("general") and not label.counted and actors:
            self.story.widen(kinds[0], actors)
            self.cast.actors.remove(kinds[0])
        elif label is not None and len(kinds) == 1 and (
                label.head in listed("divided") or klass(label.noun) == "place") and actors:
            self.story.link("in", actors, kinds, label.noun)
        elif label is not None and label.noun and not label.plural:
            self.story.notes.append(f"what follows “{self.cast.words(label)}:” has no place from it")
        owners = self._borne(several, actors)
        self.subjects = self.near = owners or actors
        self.cast.told.append(self.subjects)
        if owners:
            self.main = owners
        elif not all(m.headless for m in mentions):
            self.topic, self.main = self.main, actors
        elif self.resolver.recounted:
            self.main = actors
        self._follow(actors)

    def _without_names(self, several: list[int]) -> list[int]:
        """"two musicians, a drummer and a singer": the noun phrases without those that only say who the first are."""
        first, *others = [self.chunks[j].mention for j in several]
        group, named = self.met.get(several[0], []), [a for j in several[1:] for a in self.met.get(j, ())]
        if first is None or first.head not in listed("general") or not (first.quantity and first.quantity.exact) or (
                self.word(several[0] + 1) != "," or len(group) != len(named) or len(named) < 2):
            return several
        if any(m is None or m.plural or klass(m.noun) != klass(first.noun) for m in others):
            return several
        self.story.swap(named, self.cast.named_one_by_one(group, named))
        for j in several[1:]:
            self.met[j] = []
        return several[:1]

    def _as_many(self, group: list[Actor], actors: list[Actor]) -> list[Actor]:
        """"fruit: apples, a pear and grapes": as many as are named, where the first word only says of what kind."""
        kind = group[0].bunch if group else None
        general = kind is not None and kind.noun in listed("general") and kind.at_most is None
        return self.resolver.recount(group, len(actors)) if general and len(actors) > 1 else group

    def _fragment(self, k: int, m: Mention) -> bool:
        """Whether the noun phrase at `k` can be a tag of its own: no article, after a comma, and of no other owner."""
        told = m.quantity is not None and m.quantity.words != m.noun and not is_part(m.noun)
        bare = m.det in ("", "poss") and not told and m.owner is None
        return bare and self.kind(k - 1) in ("comma", "np") and not self.fronted

    def _pair_up(self, k: int, m: Mention) -> None:
        """"1boy, red eyes, brown boots": as many as the one has whom the list is about."""
        worn = klass(m.noun)
        if self.bearer and worn in ("garment", "part") and m.plural and m.quantity is None and self._fragment(k, m):
            m.quantity = self.cast.natural_pairs(m, self.bearer)
            if m.quantity is None and worn == "garment" and len(self.bearer) > 1:
                n = len(self.bearer)
                m.quantity = Quantity(n, n, n, m.end, m.noun)

    def _borne(self, several: list[int], actors: list[Actor]) -> list[Actor]:
        """"a wizard, long white beard, blue robe": what a list of tags says of the one it is about, who is returned."""
        m = self.chunks[several[0]].mention
        things = self.things(actors)
        if not things or m is None:
            return []
        word = klass(m.noun)
        owners = [a for a in self.bearer if a not in things]
        own = owners and self._fragment(several[0], m) and not self._elsewhere(several[-1])
        if own and self.belongs(word, m, owners, things):
            for j in several:
                self.borne[j] = owners
            return owners
        human = any(a.human for a in self.bearer) and not any(a.human for a in things)
        better = word not in ("garment", "part") and m.counted and any(a.living for a in things) and not human
        if not m.headless and (better or not self.bearer):
            self.bearer = things
        return []

    def _elsewhere(self, k: int) -> bool:
        """Whether a place follows that is nobody's: "slippers under the bed"."""
        nxt = self.after(k)
        nxt = self.after(nxt) if self.kind(nxt) == "verb" else nxt
        cue = self.chunks[nxt].cue if self.kind(nxt) == "cue" else None
        if cue is not None and self.kind(self.after(nxt)) == "pron" and cue.kind in APART | {"around"}:
            return True
        m = self.mention(self.after(nxt)) if cue is not None else None
        return m is not None and not is_part(m.noun) and not self.chunks[nxt].verb

    def _posture(self, k: int, m: Mention) -> bool:
        """"her arms stretched above her head", "eyes closed": how somebody holds a part, no further thing."""
        nxt = self.after(k)
        follows = self.kind(nxt) == "verb" or (self.kind(nxt) in ("cue", "adj", "adv") and self.kind(k - 1) != "stop")
        bare = not m.det and (m.quantity is None or m.quantity.words.lower() == "one")
        owned = m.det in listed("possessive") or (bare and bool(self.main) and self.kind(k - 1) == "comma")
        plain = m.head in listed("posture") and not set(m.attributes) - {"bare", "left", "right"}
        if not (owned and follows and plain):
            return False
        end = k + 1
        while self.kind(end) not in ("comma", "stop", "", "clause", "and") and not self._leads_to_thing(end):
            end += 1
        owners = [a for a in self.said_of_det(m) if a.living] or self.main
        for actor in owners[:1]:
            actor.describe([self._said(k, end)], self._place_at(k, end))
        self.met[k], self.skip_to = owners[:1], end
        return True

    def _leads_to_thing(self, k: int) -> bool:
        """Whether the place at `k` names a thing of its own, and no part of a body."""
        m = self.chunks[k + 1].mention if self.kind(k) == "cue" and self.kind(k + 1) == "np" else None
        return m is not None and m.head not in listed("part", "place", "posture", "shoulder", "hairdo")

    def said_of_det(self, m: Mention) -> list[Actor]:
        """Whose it is by its possessive."""
        if m.det not in listed("possessive"):
            return self.main
        return self.cast.pronoun(m.det, self.main, self.near, (), Use(part=m.head))
