"""What gets past the guards of the sheet reader ends at the walls of its child process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.runtime.children import Children
from adapters.runtime.failures import ChildOutOfCpu, ChildOutOfMemory
from adapters.runtime.limits import MIB, ChildKind, Limits
from domain.documents.sheet import SheetBomb
from workbooks import a_zip, an_ods, an_xlsx, with_rows

KIND = ChildKind(
    name="sheets",
    target="sheet_methods:methods",
    limits=Limits(memory_bytes=200 * MIB, cpu_seconds=5),
)


@pytest.fixture(scope="module")
async def children(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Children]:
    async with Children([KIND], tmp_path_factory.mktemp("children")) as children:
        yield children


async def test_a_workbook_is_read_in_a_child(children: Children) -> None:
    async with children.lease("sheets") as child:
        an_xlsx(child.scratch / "a.xlsx", {"S": [["name"], ["Ada"], ["Bob"]]})

        assert await child.call("read", "a.xlsx") == {"columns": ["name"], "rows": 2}


async def test_a_refusal_arrives_as_what_it_is(children: Children) -> None:
    async with children.lease("sheets") as child:
        (child.scratch / "a.xlsx").write_bytes(a_zip([("a.bin", bytes(8 * MIB))]))

        with pytest.raises(SheetBomb) as refused:
            await child.call("read", "a.xlsx")

    assert refused.value.facts == {"reason": "ratio", "limit": 200}


async def test_a_sheet_too_wide_for_memory_ends_its_child_only(children: Children) -> None:
    """Its markup is of a kind that the scan does not see."""
    async with children.lease("sheets") as child:
        with_rows(
            child.scratch / "a.xlsx",
            "<row r='1'><c r='A1'><v>1</v></c></row>"
            "<row r='1048576'><c r='XFD1048576'><v>2</v></c></row>",
        )

        with pytest.raises(ChildOutOfMemory):
            await child.call("read", "a.xlsx")


async def test_cells_repeated_without_end_end_their_child_only(children: Children) -> None:
    bomb = (
        '<table:table-row table:number-rows-repeated="100000"><table:table-cell'
        ' table:number-columns-repeated="900" office:value-type="float" office:value="1"/>'
        "</table:table-row>"
    )
    async with children.lease("sheets") as child:
        an_ods(child.scratch / "a.ods", [["name"]], extra=bomb)

        with pytest.raises((ChildOutOfMemory, ChildOutOfCpu)):
            await child.call("read", "a.ods")

        an_ods(child.scratch / "a.ods", [["name"], ["Ada"]])
        assert await child.call("read", "a.ods") == {"columns": ["name"], "rows": 1}


async def test_a_sheet_cannot_lead_to_other_files(children: Children, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    async with children.lease("sheets") as child:
        (child.scratch / "a.csv").symlink_to(tmp_path / "secret.csv")
        if (await child.isolation()).files != "landlock":
            pytest.skip("this kernel has no Landlock")

        with pytest.raises(Exception, match="defect"):
            await child.call("read", "a.csv")
