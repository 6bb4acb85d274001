"""Objects: what a noun phrase means to the relation, verb or "with" that waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from planner.read.grammar.actor import Actor
from planner.read.grammar.bodies import GRIPS, Bodies, Pending
from planner.read.grammar.classes import alive, bodily, codes, is_part, is_worn, klass
from planner.read.grammar.lexicon import listed, mapping, verb
from planner.read.grammar.mention import Mention
from planner.read.grammar.outlook import is_trait
from planner.read.grammar.plurals import plural
from planner.read.grammar.quantity import Quantity
from planner.relations import TABLE

_INGESTING = frozenset({"drink", "eat", "chew", "sip", "lick", "swallow", "munch"})
_OPENINGS = frozenset({"door", "window", "roof", "chimney"})
_UNBUILT = frozenset({"container", "furniture", "food", "plant", "garment", "animal", "person"})
_EACH = frozenset({"wearing", "holding", "riding"})
_GUESSED = 0.7
"""How certain it is that a tag belongs to the one that the tags are about."""
_LIKELY = 0.8
"""How certain it is that a basket with peaches has them inside."""
_SEATS = frozenset({"furniture", "plant", "vehicle"})
_SHARED = frozenset({"with", "have", "holding", "riding", "on", "at"})
"""Relations in which each of several has one of what is not counted ("two farmers with flashlights")."""
_HAVING = frozenset({"with", "have", "has", "had", "having", "whose", "got", "featuring", "including"})
LADEN = frozenset({"covered", "filled", "topped"})
_STANDS_FOR = {"at": "near", "around": "near", "surrounds": "near", "flanking": "next_to",
               "corner": "on", "contains": "in"}


class Binder(Bodies):
    """Binds objects to pending relations."""

    # One object phrase

    def object(self, pending: Pending, m: Mention) -> list[Actor]:
        """The actors of one object phrase, with what follows from it for each subject."""
        denied = pending.negated and (pending.having or pending.kind in _EACH)
        if denied or pending.kind == "without" or m.det == "no":
            self.resolver.absent(m, pending.subjects)
            return []
        if self._formation(pending, m):
            return []
        if self._only_describes(pending, m):
            self._describe(pending, m)
            return []
        if pending.words == "for" and m.det in ("my", "our") and alive(m.noun):
            return []
        if pending.words == "for" and not m.counted:
            self.story.unread.append(f"for {self.cast.words(m)}")
            return []
        inner = pending.words.split()[-1:] in (["inside"], ["within"], ["into"])
        if pending.kind == "in" and not inner and is_worn(m.noun) and any(a.living for a in pending.subjects):
            pending.kind = "wearing"
        if pending.place and pending.kind in ("above", "under", "on") and is_worn(m.noun):
            self._layered(pending)
        if self._hand(pending, m) or self._own_limb(pending, m):
            return []
        if self._lies(pending, m):
            return []
        if self._at_the_side(pending, m):
            return [a for a in self.bearer or self.topic or self.main if a not in pending.subjects]
        if self.each and m.det in ("its", "their") and is_part(m.noun) and pending.place and (
                len(self.each) == len(pending.subjects)):
            for one, owner in zip(pending.subjects, self.each, strict=True):
                if pending.kind == "in" and m.head in GRIPS:
                    self.emit("holding", [owner], [one], pending)
                else:
                    self.emit(pending.kind, [one], [owner], pending)
            self.spread = self.each
            return []
        if owners := self._own_body(pending, m):
            return owners
        return self._found(pending, m)

    def _found(self, pending: Pending, m: Mention) -> list[Actor]:
        times = self._times(pending, m)
        has = pending.words in _HAVING or pending.kind == "wearing"
        owners = self.things(pending.subjects)
        if has and m.plural and m.quantity is None and not m.det:
            m.quantity = self.cast.natural_pairs(m, owners[: 1 if times > 1 else None])
        bunch = owners[0].bunch if owners else None
        if m.plural and m.quantity is None and not m.det and m.head not in listed("tantum") and (
                bunch and bunch.at_least == bunch.at_most == len(owners) < 9 and pending.kind in _SHARED):
            m.quantity = Quantity(2, None, len(owners), m.end, m.noun)
        found = self.resolver.resolve(m, pending.kind, times)
        if m.headless and m.det == "each" and set(found) & set(pending.subjects):
            return []
        if m.det in ("each", "every") and len(found) > 1:
            one = [a for a in pending.subjects if a not in found]
            if len(one) == 1:
                return self._one_each(replace(pending, subjects=one), [a for a in found if a not in one])
        self.arranged(m, found)
        if times > 1 and found and len(found) % times == 0:
            per = len(found) // times
            for s, subject in enumerate(self.things(pending.subjects)):
                self._relate(pending, [subject], found[s * per : (s + 1) * per], m)
            self.near = self.spread = found
            return []
        if pending.having and found:
            self._relate(pending, pending.subjects, found, m)
        return found

    def _one_each(self, pending: Pending, found: list[Actor]) -> list[Actor]:
        """"a flag on each of them": as many flags."""
        flags = [*pending.subjects, *self.cast.copies(pending.subjects[0], len(found) - 1)]
        for flag, holder in zip(flags, found, strict=False):
            self.emit(pending.kind, [flag], [holder], pending)
        self.spread = found
        return []

    def _formation(self, pending: Pending, m: Mention) -> bool:
        """"in a row", "in a neat circle": how the subjects stand, no further thing."""
        forms = pending.kind == "other" and pending.words in ("form", "forms", "forming", "formed", "make", "making")
        within = pending.kind == "in" or pending.words.endswith(" in") or forms
        if not within or m.head not in mapping("formation") or m.det not in ("a", "an", "the", ""):
            return False
        if (m.det == "the" and m.head in ("ring", "circle", "square")) or self.cast.colours(m.attributes):
            return False
        kind = mapping("formation").get(plural(m.head) if m.plural else m.head, mapping("formation")[m.head])
        within_it = pending.words.split()[-1] in ("inside", "within", "into")
        if within_it or (kind in ("", "circle", "pyramid") and len(pending.subjects) == 1 and m.det == "a"):
            return False
        if not kind and m.head in listed("place"):
            return False
        words = f"{pending.words if forms else 'in'} {self.cast.words(m)}"
        if m.cells:
            pending.subjects = self.resolver.fill(pending.subjects, m.cells)
        if kind:
            self.story.link(kind, pending.subjects, (), words)
        else:
            self.story.unread.append(words)
        return True

    def _only_describes(self, pending: Pending, m: Mention) -> bool:
        """Whether the object is no thing of its own but a trait of the subject."""
        kind = pending.kind
        act = verb(pending.words.split()[0]) if kind == "other" and pending.words else None
        if act and act.lemma in _INGESTING and m.noun in listed("stuff") and not m.counted:
            return True
        if kind in ("made", "like") or (kind == "in" and is_trait(m)):
            return True
        if kind in LADEN:
            substance = self.resolver.stuff(m, "in") or m.noun in listed("mass")
            if m.plural and not m.counted and bodily(m.noun) and not substance and klass(m.noun) != "material":
                return False
            return substance if m.counted else not m.plural or kind != "filled"
        if pending.having and m.noun in listed("mass"):
            fed = klass(m.noun) == "food" and any(a.living for a in pending.subjects)
            return not m.counted and not m.attributes and not fed and not self.followed
        doing = pending.words.startswith(("hav", "do", "mak", "tak", "giv", "perform", "play"))
        if doing and kind in ("other", "have") and (m.head in listed("mealtime") or (
                klass(m.head) == "event" and not bodily(m.head))):
            return True
        if kind == "have" and m.noun in listed("meal"):
            return not m.counted
        if kind == "other" and m.noun in listed("image") and pending.words.startswith(("tak", "snap", "shoot")):
            return True
        moves = kind == "other" and m.head in listed("posture") and not pending.place
        if is_part(m.noun) and (kind == "holding" or (moves and any(a.living for a in pending.subjects))):
            return m.plural and not m.counted and not m.attributes
        return kind == "other" and not m.headless and self.resolver.words_only(m)

    def _describe(self, pending: Pending, m: Mention) -> None:
        said = " ".join([*m.attributes, m.noun]) if pending.kind == "made" else f"{pending.words} {self.cast.words(m)}"
        for actor in pending.subjects:
            actor.describe([said], self.story.at)

    def _times(self, pending: Pending, m: Mention) -> int:
        """How often the object is there: once for each subject where the words spread it over them."""
        subjects = self.things(pending.subjects)
        if len(subjects) < 2 or self.respectively or m.headless or m.definite or m.owner is not None:
            return 1
        if self.each and all(a in self.each for a in subjects):
            m.plural = m.plural and (m.quantity is not None or m.det != "their")
            return len(subjects)
        if self.both and m.plural and m.quantity is None and not m.det and set(subjects) <= set(self.both):
            m.plural = False
            return len(subjects)
        many = m.head in listed("tantum") or (m.plural and m.head not in listed("pairwise"))
        bare = many and m.quantity is None and m.det in ("", "their")
        garment = is_worn(m.noun)
        single = m.det in ("a", "an") and (garment or pending.kind == "wearing")
        worn = (pending.kind in _EACH or (pending.having and garment)) and (single or bare)
        if worn or (bare and m.det == "their"):
            m.plural = False
            return len(subjects)
        return 1

    # Relations

    def _relate(self, pending: Pending, subjects: Sequence[Actor], objects: Sequence[Actor], m: Mention) -> None:
        """One subject's own objects: its parts, its clothes, or what it is with."""
        kind, owners = pending.kind, self.things(subjects)
        if pending.having:
            kind = "other"
            if pending.words in _HAVING and owners:
                foreign = not owners[0].living and any(map(alive, m.noun.split()[:-1]))
                trimmed = is_worn(owners[0].noun) and m.head in listed("trimming")
                if trimmed or (is_part(m.noun) and not is_part(owners[0].noun) and not (self.placed or foreign)):
                    for i, part in enumerate(objects):
                        part.whole = owners[i * len(owners) // len(objects)]
                    return
                dressed = owners[0].living or klass(owners[0].noun) in ("food", "plant")
                if is_worn(m.noun) and dressed and not (
                        m.head == "glasses" and m.quantity and not m.quantity.pair):
                    kind = "wearing"
                elif holder := self._holder(owners, m):
                    self.story.certainty = _LIKELY
                    self.emit(holder, objects, subjects, pending)
                    return
        self.emit(kind, subjects, objects, pending)

    def _holder(self, owners: list[Actor], m: Mention) -> str:
        """"a basket with peaches": where what a container has is, or "" where the words say nothing of it."""
        if self.placed or not all(a.head in listed("container", "flat") for a in owners) or len(owners) > 1:
            return ""
        loose = klass(m.noun) in ("food", "plant") or (m.plural and m.quantity is None)
        return "" if not loose or is_part(m.noun) else "on" if owners[0].head in listed("flat") else "in"

    def belongs(self, word: str, m: Mention, owners: list[Actor], things: list[Actor]) -> bool:
        """Whether what a list of tags names is worn by the one it is about, or is a part of it; says so if it is."""
        living = any(a.living for a in owners)
        if m.head in listed("plant_part") and not all(klass(a.noun) == "plant" for a in owners):
            return False
        if word == "garment" and living:
            self.story.certainty = _GUESSED
            if len(things) == len(owners) > 1:
                for owner, thing in zip(owners, things, strict=True):
                    self.story.link("wearing", [owner], [thing], "")
            else:
                self.story.link("wearing", owners, things, "")
            return True
        lifeless = m.head in listed("lifeless_part")
        if word not in ("garment", "part") or (word == "garment" and not lifeless):
            return False
        if living and lifeless and codes(m.head)[:1] != "b":
            return False
        if m.head in _OPENINGS and any(klass(a.noun) in _UNBUILT for a in owners):
            return False
        for i, part in enumerate(things):
            part.whole = owners[i * len(owners) // len(things)]
        return True

    def bind(self, pending: Pending, objects: list[Actor]) -> None:
        """Relates the subjects to the objects, now or when the subject comes."""
        if pending.having:
            return
        side = pending.kind in ("left_of", "right_of") and pending.words.lower().startswith("on the")
        if side and "side" in pending.words.lower() and all(a.head in listed("surface") for a in objects):
            pending.kind = "on"
        if pending.fronted:
            self.fronted.append((self._settled(pending.kind, [], objects), objects, pending.words, self.story.at))
            self.anchor = self.cast.sentence, objects
            return
        self.emit(pending.kind, pending.subjects, objects, pending)

    def _settled(self, kind: str, subjects: Sequence[Actor], objects: Sequence[Actor]) -> str:
        """The row of the table for a kind that depends on how many there are."""
        n, several = len(self.things(objects)), len(self.things(subjects)) > 1
        if kind == "middle":
            by_number = ("at_center", "on", "between")
            return by_number[n] if n < 3 else "near" if several else "among"
        if kind == "among" and n == 2:
            return "between"
        if (kind in ("among", "surrounded_by") and several and n > 1) or (kind == "between" and n < 2):
            return "near"
        return kind if kind in TABLE else _STANDS_FOR.get(kind, "other")

    def emit(self, kind: str, subjects: Sequence[Actor], objects: Sequence[Actor], pending: Pending) -> None:
        """Nothing stands left of itself: of "a table and a lamp left of the table", the lamp does."""
        if kind in TABLE and TABLE[kind].arity == "pair" and set(objects) & set(subjects):
            last = max(n for n, actor in enumerate(subjects) if actor in objects)
            subjects = subjects[last + 1:] or [actor for actor in subjects if actor not in objects] or subjects
        if pending.reverse:
            subjects, objects = objects, subjects
        n, m = len(self.things(subjects)), len(self.things(objects))
        if pending.alone and objects and not m:
            self.story.link(pending.alone, subjects, (), pending.words, negated=pending.negated)
        elif kind in ("surrounds", "around") and n > 2 and m == 1:
            self.story.link("surrounded_by", objects, subjects, pending.words, negated=pending.negated)
        elif kind == "flanking" and n in (1, 2) and m:
            subjects = [*subjects, *self.cast.copies(subjects[0], 1)] if n == 1 else subjects
            self.story.link("left_of", subjects[:1], objects, pending.words)
            self.story.link("right_of", subjects[1:], objects, pending.words)
        elif kind == "holding" and n and subjects[0].head in listed("container", "furniture"):
            self.tell("in" if subjects[0].head in listed("container") else "on", objects, subjects, pending.words)
        elif kind == "contains" or kind in LADEN:
            flat = all(a.head in listed("furniture", "flat") for a in subjects)
            inner = "in" if kind in ("contains", "filled") and not flat else "on"
            self.tell(inner, objects, subjects, pending.words, pending.negated)
        else:
            if kind == "other" and pending.words.startswith("shar") and all(
                    klass(a.noun) in _SEATS or a.head in listed("surface") for a in objects):
                kind = "on"
            settled = self._settled(kind, subjects, objects)
            if settled == "other" and objects and not m:
                self._towards(pending, objects)
            else:
                self.tell(settled, subjects, objects, pending.words, pending.negated)

    def _towards(self, pending: Pending, objects: Sequence[Actor]) -> None:
        """What is done towards scenery ("looking at the sea") describes who does it."""
        if not pending.place and pending.words not in _HAVING:
            for actor in pending.subjects:
                actor.describe([f"{pending.words} {objects[0].phrase}"], self.story.at)

    def tell(
        self, kind: str, subjects: Sequence[Actor], objects: Sequence[Actor], words: str, negated: bool = False
    ) -> None:
        """Adds a relation; what a stack stands on carries its lowest member. What is carried in a thing is in it."""
        if kind == "in" and not negated:
            self.story.hand_over(subjects)
        if kind in ("on", "in") and not negated:
            subjects = self.story.lowest(subjects)
        self.story.link(kind, subjects, objects, words, negated=negated)
