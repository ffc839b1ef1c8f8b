"""The rules of this code base that no tool checks, as tests over its source."""

import ast
import importlib
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from entrypoints.settings import Settings

ROOT = Path(__file__).parents[2]
LAYERS = ("domain", "application", "adapters", "entrypoints")
CORE = ("domain", "application")

# Handlers that nobody needs to be signed in for.
PUBLIC = {"RegisterHandler", "LogInHandler", "RefreshHandler", "LogOutHandler"}
# Members may always leave: it first looks who is meant, and then requires.
DECIDES_FIRST = {"RemoveMemberHandler"}

UNPREDICTABLE = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
    "uuid.uuid1", "uuid.uuid4", "uuid1", "uuid4", "os.urandom", "os.environ", "os.getenv", "print",
}  # fmt: skip
UNPREDICTABLE_MODULES = {"random", "secrets"}
GRAB_BAGS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "impl"}


@dataclass(frozen=True, slots=True)
class Module:
    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    def classes(self) -> Iterator[ast.ClassDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    files = sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return tuple(Module(file, ast.parse(file.read_text(encoding="utf-8"))) for file in files)


def source() -> tuple[Module, ...]:
    return modules(*(f"src/{layer}" for layer in LAYERS))


def core() -> tuple[Module, ...]:
    return modules(*(f"src/{layer}" for layer in CORE))


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def ports() -> set[str]:
    """What adapters stand behind; a Protocol without abstract methods is the shape of a value."""
    return {
        each.name
        for module in core()
        for each in module.classes()
        if _is_protocol(each) and "@abstractmethod" in ast.unparse(each)
    }


def _is_protocol(each: ast.ClassDef) -> bool:
    return any(ast.unparse(base) == "Protocol" for base in each.bases)


def test_every_port_is_held_to_its_contract() -> None:
    """A contract test names it; where a promise needs a worker or a second process to be kept,
    an integration or e2e test names it or one of the adapters behind it.
    """
    tests = " ".join(
        module.path.read_text(encoding="utf-8")
        for module in modules("tests/contract", "tests/integration", "tests/e2e", "tests/support")
    )
    words = set(re.findall(r"\w+", tests))
    behind = defaultdict[str, set[str]](set)
    for module in modules("src/adapters"):
        for each in module.classes():
            for base in each.bases:
                behind[ast.unparse(base)].add(each.name)

    unproven = {port for port in ports() if not words & {port, *behind[port]}}
    assert sorted(unproven) == []


def test_adapters_subclass_the_ports_they_are_wired_to() -> None:
    """The container does not check `provides=`, and a Protocol's forgotten method answers None."""
    wired = [
        (getattr(owner, adapter), getattr(owner, port))
        for module in modules("src/entrypoints/wiring")
        for owner in [importlib.import_module(f"entrypoints.wiring.{module.path.stem}")]
        for adapter, port in _wirings(module)
        if port in ports() and hasattr(owner, adapter)
    ]

    assert len(wired) > 10
    assert [pair for pair in wired if pair[1] not in pair[0].__mro__] == []


def _wirings(module: Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Name("provide"), args=[ast.Name(adapter)], keywords=more):
                for keyword in more:
                    if keyword.arg == "provides" and isinstance(keyword.value, ast.Name):
                        yield adapter, keyword.value.id
            case (
                ast.FunctionDef(returns=ast.Name(port))
                | ast.AsyncFunctionDef(returns=ast.Name(port))
            ):
                for inner in ast.walk(node):
                    match inner:
                        case ast.Return(value=ast.Call(func=ast.Name(adapter))):
                            yield adapter, port


def handlers() -> Iterator[tuple[Module, ast.ClassDef]]:
    for module in modules("src/application"):
        for each in module.classes():
            if each.name.endswith("Handler") and not _is_protocol(each):
                yield module, each


def test_handlers_are_frozen_slotted_dataclasses_that_are_called() -> None:
    wrong = []
    for module, each in handlers():
        decorators = [ast.unparse(decorator) for decorator in each.decorator_list]
        public = [
            node.name
            for node in each.body
            if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)
            and (node.name == "__call__" or not node.name.startswith("_"))
        ]
        if "dataclass(frozen=True, slots=True)" not in decorators or public != ["__call__"]:
            wrong.append(f"{module.name}: {each.name}")

    assert not wrong


def test_handlers_first_ask_whether_the_actor_may() -> None:
    silent = []
    for module, each in handlers():
        for node in each.body:
            if not isinstance(node, ast.AsyncFunctionDef) or node.name != "__call__":
                continue
            arguments = [argument.arg for argument in node.args.args]
            if "actor" in arguments:
                body = [line for line in node.body if not _is_docstring(line)]
                asks = ast.unparse(body[0]).startswith("actor.require(")
                if not asks and each.name not in DECIDES_FIRST:
                    silent.append(f"{module.name}: {each.name}")
            elif "signed_in" not in arguments and each.name not in PUBLIC:
                silent.append(f"{module.name}: {each.name} knows no actor")

    assert not silent


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def test_the_core_asks_its_ports_for_time_ids_and_chance() -> None:
    found = []
    for module in core():
        for node in ast.walk(module.tree):
            match node:
                case ast.Attribute() | ast.Name():
                    used = {ast.unparse(node)} & UNPREDICTABLE
                case ast.Import() | ast.ImportFrom():
                    used = _imported(node) & UNPREDICTABLE_MODULES
                case _:
                    used = set()
            found += [f"{module.name}: {words}" for words in used]

    assert not found


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
    return {(name or "").split(".")[0] for name in names}


def test_every_setting_is_read_by_somebody() -> None:
    read = {
        node.attr
        for module in source()
        if module.name != "src/entrypoints/settings.py"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
        if ast.unparse(node.value).rpartition(".")[2] in {"settings", "_settings", "wanted"}
    }
    by_name = {"migration_database_url"}  # through DATABASE_SETTINGS

    assert {field.name for field in fields(Settings)} - read <= by_name


def test_every_module_says_what_it_is() -> None:
    silent = [
        module.name
        for module in (*source(), *modules("tests", "migrations"))
        if module.tree.body and not ast.get_docstring(module.tree)
    ]

    assert not silent


@pytest.mark.parametrize(("folder", "most"), [("src", 300), ("migrations", 300), ("tests", 400)])
def test_files_stay_short(folder: str, most: int) -> None:
    long = {
        module.name: length
        for module in modules(folder)
        if (length := len(module.path.read_text(encoding="utf-8").splitlines())) > most
    }

    assert not long


def test_functions_stay_short() -> None:
    long = {
        f"{module.name}: {node.name}": length
        for module in (*source(), *modules("tests"))
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > 40
    }

    assert not long


def test_no_module_is_named_after_nothing() -> None:
    assert not [module.name for module in source() if module.path.stem in GRAB_BAGS]


def test_an_error_code_belongs_to_one_error() -> None:
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for module in source():
        for each in module.classes():
            for node in each.body:
                match node:
                    case ast.Assign(targets=[ast.Name("code")], value=ast.Constant(str(code))):
                        owners[code].add(each.name)

    assert {code: who for code, who in owners.items() if len(who) > 1 and code not in SHARED} == {}
    assert [code for code in owners if not re.fullmatch(r"[a-z0-9-]+\.[a-z0-9-]+", code)] == []


SHARED = {
    "documents.version-has-errors",  # at activation and at use: one reason, one thing to do
}


def test_tests_have_names_of_their_own_and_no_packages() -> None:
    """`tests/domain/__init__.py` would shadow `domain`; pytest imports by base name."""
    files = Counter(module.path.name for module in modules("tests"))

    assert [name for name, times in files.items() if times > 1 and name != "conftest.py"] == []
    assert "__init__.py" not in files


def test_nobody_else_installs_packages_of_our_names() -> None:
    """All four names exist on public indexes; pip would mix the files silently."""
    installed = packages_distributions()

    assert {layer: installed.get(layer, []) for layer in LAYERS} == {
        layer: [] if installed.get(layer) is None else ["atelier"] for layer in LAYERS
    }


def test_no_file_names_a_registry_or_a_place_on_somebodys_machine() -> None:
    """A clone works anywhere, and installs from whatever index its machine is set to."""
    hosts = ("py" + "pi.org", "python" + "hosted.org", "registry." + "npmjs", "yarn" + "pkg.com")
    places = ("/ro" + "ot/", "/wo" + "rk/", "/home/" + "runner", "/Use" + "rs/")
    found = {
        str(file.relative_to(ROOT)): words
        for file in tracked()
        if file.is_file()
        for words in [[each for each in (*hosts, *places) if each.encode() in file.read_bytes()]]
        if words
    }

    assert found == {}


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
def test_the_shell_script_parses(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")

    done = subprocess.run([shell, "-n", ROOT / "atelier"], capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
