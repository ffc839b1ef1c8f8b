"""What every `Templates`, `TemplateLines` and `TemplateVersions` does."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.bulk_runs import SqlBulkRuns
from adapters.sql.refusals import translate_refusals
from adapters.sql.template_lines import SqlTemplateLines
from adapters.sql.templates import SqlTemplates, SqlTemplateVersions
from adapters.sql.unit_of_work import SqlUnitOfWork
from documents import CLOCK, FIELDS, a_run, a_template, a_version, an_artifact, stored_template
from domain.documents.fields import TemplateField
from domain.documents.marks import FieldKind, Place
from domain.documents.problems import TemplateProblem
from domain.documents.template import (
    FieldsChanged,
    Template,
    TemplateInUse,
    TemplateLine,
    TemplateNotFound,
)
from domain.documents.template_version import TemplateId, VersionNotFound
from domain.identity.access import Actor, Role
from domain.kernel.errors import ChangedMeanwhile
from domain.kernel.pages import PageRequest
from tenants import NEW, Tenants


@pytest.fixture(autouse=True, scope="module")
def _refusals(tenants: Tenants) -> None:
    translate_refusals(tenants.app)


async def kept(tenants: Tenants, actor: Actor, **changes: object) -> Template:
    async with tenants.session(actor) as session:
        template = await stored_template(session, actor, **changes)
        await session.commit()
        return template


async def archived(tenants: Tenants, actor: Actor) -> None:
    async with tenants.session(actor) as session:
        (await stored_template(session, actor)).archive(CLOCK.now())
        await session.commit()


async def test_a_committed_template_comes_back_whole(tenants: Tenants) -> None:
    actor = tenants.actor()
    template = await kept(tenants, actor, description="For new customers")

    async with tenants.session(actor) as session:
        found = await SqlTemplates(session).get(actor.workspace_id, template.id)

    assert found is not template
    for name in Template.__dataclass_fields__:
        assert getattr(found, name) == getattr(template, name), name
    assert found.active_number == 1


async def test_a_template_of_another_workspace_does_not_exist(tenants: Tenants) -> None:
    actor, stranger = tenants.actor(), tenants.actor(Role.OWNER)
    template = await kept(tenants, actor)

    for workspace in (actor.workspace_id, stranger.workspace_id):
        async with tenants.session(stranger) as session:
            with pytest.raises(TemplateNotFound):
                await SqlTemplates(session).get(workspace, template.id)
            with pytest.raises(VersionNotFound):
                await SqlTemplateVersions(session).get(workspace, template.id, 1)


async def test_the_second_of_two_rivals_is_told(tenants: Tenants) -> None:
    actor = tenants.actor()
    template = await kept(tenants, actor)

    async with tenants.session(actor) as first, tenants.session(actor) as second:
        for session in (first, second):
            mine = await SqlTemplates(session).get(actor.workspace_id, template.id)
            mine.describe(CLOCK.now(), name="Mine", description=None)
        await SqlUnitOfWork(first).commit()
        with pytest.raises(ChangedMeanwhile):
            await SqlUnitOfWork(second).commit()


async def test_a_list_runs_from_new_to_old_and_hides_what_is_archived(tenants: Tenants) -> None:
    actor = tenants.actor()
    made = [await kept(tenants, actor, name=f"Letter {n}") for n in range(5)]
    await archived(tenants, actor)

    async with tenants.reader(actor) as reader:
        templates = SqlTemplateLines(reader)
        first = await templates.page(
            actor.workspace_id, search=None, archived=False, request=PageRequest(limit=3)
        )
        rest = await templates.page(
            actor.workspace_id,
            search=None,
            archived=False,
            request=PageRequest(limit=3, after=first.next),
        )
        hidden = await templates.page(
            actor.workspace_id, search=None, archived=True, request=PageRequest()
        )

    assert [line.id for line in (*first.items, *rest.items)] == [t.id for t in reversed(made)]
    assert (rest.next, len(hidden.items)) == (None, 1)
    for line, template in zip(first.items, reversed(made), strict=False):
        for name in TemplateLine._fields:
            assert getattr(line, name) == getattr(template, name), name


async def test_nobody_lists_what_lies_in_another_workspace(tenants: Tenants) -> None:
    actor, stranger = tenants.actor(), tenants.actor(Role.OWNER)
    await kept(tenants, actor)

    async with tenants.reader(stranger) as reader:
        seen = [
            await SqlTemplateLines(reader).page(
                workspace, search=None, archived=False, request=PageRequest()
            )
            for workspace in (actor.workspace_id, stranger.workspace_id)
        ]

    assert [page.items for page in seen] == [(), ()]


@pytest.mark.parametrize(
    ("search", "expected"),
    [("invoice", {"Invoice 100%"}), ("0%", {"Invoice 100%"}), ("_", set()), ("\\", set())],
)
async def test_a_search_finds_text_and_takes_no_pattern(
    tenants: Tenants, search: str, expected: set[str]
) -> None:
    actor = tenants.actor()
    for name in ("Invoice 100%", "Letter"):
        await kept(tenants, actor, name=name)

    async with tenants.reader(actor) as reader:
        found = await SqlTemplateLines(reader).page(
            actor.workspace_id, search=search, archived=False, request=PageRequest()
        )

    assert {line.name for line in found.items} == expected


async def test_a_version_keeps_its_problems_and_fields(tenants: Tenants) -> None:
    actor = tenants.actor()
    place = Place(part="word/document.xml", paragraph=3, text="Dear {{ nmae }}")
    problem = TemplateProblem(code="documents.tag-unreadable", message="No.", place=place)
    items = (TemplateField(name="price", kind=FieldKind.CURRENCY),)
    fields = (*FIELDS, TemplateField(name="lines", kind=FieldKind.LIST, fields=items))
    async with tenants.session(actor) as session:
        template, source = a_template(actor), an_artifact(actor)
        await SqlArtifacts(session).add(source)
        SqlTemplates(session).add(template)
        version = a_version(template, source, usable=False, problems=(problem,))
        await SqlTemplateVersions(session).add(version, fields)
        await session.commit()

    async with tenants.session(actor) as session:
        versions = SqlTemplateVersions(session)
        found = await versions.get(actor.workspace_id, template.id, 1)
        settings = await versions.fields(actor.workspace_id, template.id, 1)

    assert (found.problems, found.errors()) == ((problem,), (problem,))
    assert (settings.revision, settings.fields) == (1, fields)


async def test_an_edit_of_fields_is_a_further_revision_and_the_old_one_stays(
    tenants: Tenants,
) -> None:
    actor = tenants.actor()
    template = await kept(tenants, actor)
    async with tenants.session(actor) as session:
        versions = SqlTemplateVersions(session)
        version = await versions.get(actor.workspace_id, template.id, 1)
        before = await versions.fields(actor.workspace_id, template.id, 1)
        after = replace(before, revision=2, fields=(replace(FIELDS[0], label="First name"),))
        await versions.revise(version, after)
        await session.commit()

    async with tenants.session(actor) as session:
        versions = SqlTemplateVersions(session)
        newest = await versions.fields(actor.workspace_id, template.id, 1)
        first = await versions.fields(actor.workspace_id, template.id, 1, revision=1)
        assert (newest.revision, newest.fields) == (2, after.fields)
        assert (first.revision, first.fields) == (1, FIELDS)


async def test_of_two_edits_of_the_same_revision_one_is_refused(tenants: Tenants) -> None:
    actor = tenants.actor()
    template = await kept(tenants, actor)

    async with tenants.session(actor) as session:
        versions = SqlTemplateVersions(session)
        version = await versions.get(actor.workspace_id, template.id, 1)
        before = await versions.fields(actor.workspace_id, template.id, 1)
        with pytest.raises(FieldsChanged):
            await versions.revise(version, before)


async def test_the_same_file_is_found_whatever_it_is_called(tenants: Tenants) -> None:
    actor, stranger = tenants.actor(), tenants.actor()
    template = await kept(tenants, actor)
    async with tenants.session(actor) as session:
        versions = SqlTemplateVersions(session)
        sha256 = (await versions.get(actor.workspace_id, template.id, 1)).sha256
        mine = await versions.with_content(actor.workspace_id, sha256)
    async with tenants.session(stranger) as session:
        theirs = await SqlTemplateVersions(session).with_content(actor.workspace_id, sha256)

    assert [version.template_id for version in mine] == [template.id]
    assert theirs == ()


async def test_versions_are_listed_from_the_newest(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        template = await stored_template(session, actor)
        for _ in range(3):
            template.next_number(CLOCK.now())
            source = an_artifact(actor)
            await SqlArtifacts(session).add(source)
            await SqlTemplateVersions(session).add(a_version(template, source), FIELDS)
        await session.commit()
        first = await SqlTemplateVersions(session).of(
            actor.workspace_id, template.id, PageRequest(limit=3)
        )
        rest = await SqlTemplateVersions(session).of(
            actor.workspace_id, template.id, PageRequest(limit=3, after=first.next)
        )

    assert [version.number for version in (*first.items, *rest.items)] == [4, 3, 2, 1]


@pytest.mark.parametrize("statement", ["UPDATE {} SET number = 9", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["template_versions", "template_fields"])
async def test_no_role_can_change_a_version(tenants: Tenants, table: str, statement: str) -> None:
    actor = tenants.actor(Role.OWNER)
    await kept(tenants, actor)

    for worker in (False, True):
        async with tenants.session(actor, worker=worker) as session:
            with pytest.raises(Exception, match="permission denied"):
                await session.execute(text(statement.format(table)))


async def test_a_template_that_runs_were_made_from_stays(tenants: Tenants) -> None:
    actor = tenants.actor(Role.ADMIN)
    async with tenants.session(actor) as session:
        template = await stored_template(session, actor)
        SqlBulkRuns(session).add(a_run(template, actor))
        await session.commit()

        with pytest.raises(TemplateInUse):
            await SqlTemplates(session).remove(template)


async def test_a_removed_template_takes_its_versions_along(tenants: Tenants) -> None:
    actor = tenants.actor(Role.ADMIN)
    async with tenants.session(actor) as session:
        template = await stored_template(session, actor)
        await session.commit()
        await SqlTemplates(session).remove(template)
        await session.commit()

    left = tenants.ask("SELECT count(*) FROM template_fields WHERE template_id = %s", template.id)
    assert left == 0


async def test_the_fields_of_an_unknown_version_do_not_exist(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        with pytest.raises(VersionNotFound):
            await SqlTemplateVersions(session).fields(actor.workspace_id, TemplateId(NEW()), 1)
