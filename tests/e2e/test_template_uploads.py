"""Uploads of templates at the edges: long names, and bytes that are just being removed."""

import hashlib

import psycopg

from adapters.embedded.postgres import PostgresCluster
from studio import Studio, word_file


async def test_a_long_file_name_is_cut_to_what_a_template_may_be_called(studio: Studio) -> None:
    person = await studio.api.register()

    long = await studio.template(person, word_file("{{ a }}"), file_name=f"{'x' * 300}.docx")
    blank = await studio.template(person, word_file("{{ b }}"), file_name="  .docx")

    assert long["template"]["name"] == "x" * 200
    assert blank["template"]["name"] == "Template"


async def test_bytes_that_are_being_removed_are_kept_under_another_name(
    studio: Studio, cluster: PostgresCluster, database: str
) -> None:
    person = await studio.api.register()
    document = word_file("Dear {{ name }}, once more.")
    sha256 = hashlib.sha256(document).hexdigest()
    key = f"{person.workspace_id}/blobs/{sha256[:2]}/{sha256}"
    with psycopg.connect(cluster.url(database)) as owner:
        owner.execute(
            "INSERT INTO blobs (workspace_id, key, size, sha256, condemned_at)"
            " VALUES (%s, %s, %s, %s, now())",
            (person.workspace_id, key, len(document), sha256),
        )

    made = await studio.template(person, document)

    place = f"/templates/{made['template']['id']}/fill"
    await studio.call(person, "POST", place, json={"data": {"name": "Ada"}})
    with psycopg.connect(cluster.url(database)) as owner:
        query = (
            "SELECT count(*) FROM artifacts WHERE workspace_id = %s AND kind LIKE 'documents.%%'"
        )
        kept = owner.execute(query, (person.workspace_id,)).fetchone()
    assert kept == (2,)  # the document and its picture, once each
