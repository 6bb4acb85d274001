"""Any names become ids that fit the type."""

from hypothesis import given
from hypothesis import strategies as st

from planner.ids import clean_ids
from planner.scene import Thing


@given(st.lists(st.text(max_size=100), max_size=20))
def test_clean_ids_are_unique_and_fit_the_type(names):
    ids = clean_ids(names, "thing").clean
    assert len(set(ids)) == len(names)
    assert all(Thing(id=id, noun="x", phrase="x") for id in ids)
    assert all(id.replace("_", "").isalnum() and id.isascii() and id[0].isalpha() and len(id) <= 80 for id in ids)
