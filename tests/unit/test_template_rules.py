"""Templates: which version is in use, and who may change what was read how long ago."""

import pytest

from documents import CLOCK, a_template, a_version, an_artifact
from domain.documents.problems import TemplateProblem
from domain.documents.template import (
    NoActiveVersion,
    TemplateArchived,
    TemplateChanged,
    TemplateNameInvalid,
    VersionHasErrors,
)
from domain.documents.template_version import VersionUnusable
from domain.identity.access import Actor, Role, UserId, WorkspaceId
from tenants import NEW

ACTOR = Actor(user_id=UserId(NEW()), workspace_id=WorkspaceId(NEW()), role=Role.EDITOR)
NOW = CLOCK.now()


def test_versions_count_without_gaps_and_any_usable_one_can_be_put_to_use() -> None:
    template = a_template(ACTOR)
    first = a_version(template, an_artifact(ACTOR))
    template.activate(first, NOW)
    assert template.next_number(NOW) == 2
    second = a_version(template, an_artifact(ACTOR))

    template.activate(second, NOW)
    assert template.version_to_use() == 2
    template.activate(first, NOW)

    assert (template.version_to_use(), template.version_to_use(2)) == (1, 2)


def test_a_version_with_errors_is_kept_but_never_used() -> None:
    problem = TemplateProblem(code="documents.tag-unreadable", message="No.")
    template = a_template(ACTOR)
    draft = a_version(template, an_artifact(ACTOR), usable=False, problems=(problem,))

    with pytest.raises(VersionHasErrors) as told:
        template.activate(draft, NOW)
    with pytest.raises(VersionUnusable):
        draft.require_usable()
    with pytest.raises(NoActiveVersion):
        template.version_to_use()

    assert told.value.facts["problems"] == (problem,)


def test_an_archived_template_is_neither_filled_nor_extended() -> None:
    template = a_template(ACTOR, active_number=1)
    template.archive(NOW)

    for act in (template.version_to_use, lambda: template.next_number(NOW)):
        with pytest.raises(TemplateArchived):
            act()
    template.restore(NOW)
    assert template.version_to_use() == 1


def test_a_change_needs_the_newest_state() -> None:
    with pytest.raises(TemplateChanged):
        a_template(ACTOR, version=3).expect(2)


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_name_is_neither_empty_nor_endless(name: str) -> None:
    with pytest.raises(TemplateNameInvalid):
        a_template(ACTOR, name=name)
    with pytest.raises(TemplateNameInvalid):
        a_template(ACTOR).describe(NOW, name=name, description=None)


def test_spaces_in_a_name_are_evened_out() -> None:
    assert a_template(ACTOR, name="  Welcome \n letter ").name == "Welcome letter"
