"""The loader of templates: declared variables, missing variables by name, values that stay data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.load import PromptError, compiled, render, template, templates


def test_every_template_that_ships_compiles_and_declares_what_it_uses():
    assert {"plan", "repair"} <= set(templates())
    for name in templates():
        assert template(name).template


def test_a_missing_variable_is_named():
    with pytest.raises(PromptError, match="needs `problems`"):
        render("repair")


def test_a_variable_the_template_does_not_have_is_named():
    with pytest.raises(PromptError, match="no variable `extra`"):
        render("repair", problems=[], extra=1)


@pytest.mark.parametrize("text", [
    "Hello {{ name }}", "---\nvariables: a\n---\n{{ b }}", "---\nvariables: a, b\n---\n{{ a }}",
])
def test_a_template_must_declare_exactly_what_it_uses(text):
    with pytest.raises(PromptError):
        compiled("mine", text)


@pytest.mark.parametrize("name", ["../planner/errors", "nothing", "", "plan.md", "/etc/passwd", "Plan"])
def test_only_templates_in_the_folder_can_be_named(name):
    with pytest.raises(PromptError, match="no prompt template"):
        template(name)


@given(st.text(max_size=200))
def test_a_value_is_put_in_as_it_is_whatever_it_contains(value):
    told = compiled("mine", "---\nvariables: value\n---\n<{{ value }}>")
    assert told.template.render(value=value) == f"<{value}>"


def test_template_syntax_in_a_value_is_not_run():
    text = render("repair", problems=["{{ 7 * 7 }} {% raw %} {{ cycler.__init__.__globals__ }}"])
    assert "{{ 7 * 7 }} {% raw %} {{ cycler.__init__.__globals__ }}" in text


def test_a_template_cannot_reach_into_python():
    told = compiled("mine", "---\nvariables: value\n---\n{{ value.__class__.__mro__ }}")
    with pytest.raises(Exception, match="unsafe"):
        told.template.render(value="")
