"""No value becomes an option, a type or a piece of structure, in any format of any snippet.

Each snippet is rendered in each format with hostile values, whatever its parameters' patterns say:
the renderer refuses a value in one line, or a parser of the format's own gives back the same text
in the same place. `make fuzz` tries more of them.
"""

from __future__ import annotations

import ast
import configparser
import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from podrole.catalog import CatalogError, Snippet, formats
from podrole.catalog.formats.quoting import SHELL_SAFE
from podrole.catalog.parameters import fill
from podrole.yaml_writer import dump_yaml
from tests import hostile
from tests.catalogue import CATALOG
from tests.client_programs import CLIENTS
from tests.tools import needs

#: Texts that each snippet gets in each format; as each gets others, all kinds meet all formats.
SOME = 100 if os.environ.get("PODROLE_FUZZ") else 6
TEXTS = hostile.texts()
#: Names of parameters to words that stand nowhere else and are text for every language.
MARKS = {one.name: f"zq{number}qz" for number, one in enumerate(CATALOG.parameters)}
MARK = re.compile(r"zq(\d+)qz")
BY_NUMBER = {number: one.name for number, one in enumerate(CATALOG.parameters)}
COMPOSER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

#: What version 1.2 reads as another type than a text (YAML 1.2.2, section 10.3.2).
YAML_1_2 = re.compile(
    r"null|Null|NULL|~||true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?(\.inf|\.Inf|\.INF)"
    r"|\.nan|\.NaN|\.NAN"
)
#: What version 1.1 does besides PyYAML (yaml.org/type/bool).
YAML_1_1 = re.compile(r"y|Y|n|N")

Values = Mapping[str, str]
Reader = Callable[[str], Any]


def values_of(plain: Values) -> dict[str, str]:
    """The values of all parameters, whatever their patterns say."""
    found = dict(plain)
    for one in CATALOG.parameters:
        if one.derived is not None:
            found[one.name] = fill(one.derived, found)
    return found


def meant(structure: Any, values: Values) -> Any:
    """The structure of a render with marks, with values in their places."""
    if isinstance(structure, str):
        return MARK.sub(lambda mark: values[BY_NUMBER[int(mark[1])]], structure)
    if isinstance(structure, dict):
        return {meant(key, values): meant(item, values) for key, item in structure.items()}
    if isinstance(structure, list | tuple):
        return [meant(item, values) for item in structure]
    return structure


# -- what each format's own parser makes of a text -------------------------------------------


def read_yaml_twice(text: str) -> Any:
    """Each text with its type, as the versions of YAML read it; JSON within a text is read too."""
    return [_node(node) for node in yaml.compose_all(text, Loader=COMPOSER)]


def _node(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return [node.tag, [[_node(key), _node(value)] for key, value in node.value]]
    if isinstance(node, yaml.SequenceNode):
        return [node.tag, [_node(item) for item in node.value]]
    if node.value.startswith("{\n"):
        return ["JSON", json.loads(node.value)]
    if node.style:
        return ["text", "text", node.value]
    by_1_1 = yaml.SafeLoader.yaml_implicit_resolvers
    candidates = [*by_1_1.get(node.value[:1], ()), *by_1_1.get(None, ())]
    typed = any(one.match(node.value) for _, one in candidates) or YAML_1_1.fullmatch(node.value)
    return [
        "typed" if typed else "text",
        "typed" if YAML_1_2.fullmatch(node.value) else "text",
        node.value,
    ]


def read_ini(text: str) -> Any:
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return {name: dict(section) for name, section in parser.items()}


LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


def read_literals(text: str) -> Any:
    """Go, TypeScript, Java: the literals, whose escapes are those of JSON, and all around them."""
    return [*(json.loads(match[0]) for match in LITERAL.finditer(text)), LITERAL.sub('""', text)]


def read_rust(text: str) -> Any:
    """Rust: the same, with its own form of the escapes that JSON has."""
    assert not re.search(r"(?<!\\)(\\\\)*\\[bf/]", text)
    return read_literals(re.sub(r"\\u\{([0-9a-f]{4})\}", r"\\u\1", text))


def read_python(text: str) -> Any:
    return [[type(node).__name__, _constant(node)] for node in ast.walk(ast.parse(text))]


def _constant(node: ast.AST) -> Any:
    return node.value if isinstance(node, ast.Constant) else getattr(node, "id", None)


def read_commands(text: str) -> Any:
    """Values of a shell are such as no shell reads as more: `test_a_shell_reads_…`."""
    return text


READERS: dict[str, Reader] = {
    "json": json.loads,
    **dict.fromkeys(("yaml", "cloudformation", "eksctl", "ack", "crossplane"), read_yaml_twice),
    **dict.fromkeys(("typescript", "cdk-typescript", "pulumi", "go", "java"), read_literals),
    "rust": read_rust,
    "cdk-python": read_python,
    "ini": read_ini,
    **dict.fromkeys(("bash", "dockerfile", "nginx", "sql"), read_commands),
}
HCL = ("hcl", "terraform", "terraform-jsonencode")


def read_cli(text: str) -> Any:
    """A document in a heredoc, then commands."""
    head, rest = text.split("\n", 1)
    document, commands = rest.split("\nEOF\n", 1)
    return [head, json.loads(document), commands]


def read_kubectl(text: str) -> Any:
    """A manifest in a heredoc."""
    head, rest = text.split("\n", 1)
    assert rest.endswith("\nEOF")
    return [head, read_yaml_twice(rest.removesuffix("\nEOF"))]


def reader_of(snippet: Snippet, format: str) -> Reader | None:
    """None for what takes no values: the cells of notebooks, whose fields are f-strings'."""
    if format == "python":
        return read_python if snippet.kind == "code" else None
    by_shell = {"cli": read_cli, "cli-update": read_cli, "kubectl": read_kubectl}
    return by_shell.get(format) or READERS[format]


@dataclass
class Render:
    """A snippet in a format with hostile values, and what it must come to."""

    snippet: Snippet
    format: str
    values: Values
    text: str

    def __str__(self) -> str:
        used = {name: self.values[name] for name in formats.used(self.snippet, self.format)}
        return f"{self.snippet.id} as {self.format} with {used!r:.300}\n{self.text[:3000]}"


PAIRS = [(one, format) for one in CATALOG.snippets for format in CATALOG.formats(one.id)]


def hostile_values(number: int) -> Iterator[dict[str, str]]:
    """For a pair's number: all parameters hostile, each by another text, or one at a time."""
    step = len(TEXTS) // SOME
    chosen = [TEXTS[(number * 7 + part * step) % len(TEXTS)] for part in range(SOME)]
    names = formats.used(*PAIRS[number])
    plain = [name for name in MARKS if not CATALOG.parameters.is_derived(name)]
    whole = {name: MARKS[name] for name in plain}
    for count, text in enumerate(chosen):
        first = TEXTS.index(text)
        yield values_of({name: TEXTS[(first + n) % len(TEXTS)] for n, name in enumerate(plain)})
        if names and count % 3 == 0:
            yield values_of({**whole, names[count % len(names)]: text})


def renders(wanted: Callable[[str], bool], refused: Counter[str]) -> Iterator[Render]:
    for number, (snippet, format) in enumerate(PAIRS):
        if wanted(format) and formats.used(snippet, format):
            for values in hostile_values(number):
                try:
                    text = formats.render(snippet, format, values, "snippet")
                except CatalogError as error:
                    message = str(error)
                else:
                    yield Render(snippet, format, values, text)
                    continue
                refused[format] += 1
                assert 0 < len(message) < 300, message
                assert message.isprintable(), message


def marked(snippet: Snippet, format: str) -> str:
    return formats.render(snippet, format, values_of(MARKS), "snippet")


def test_a_text_comes_back_or_is_refused() -> None:
    taken: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    wanted: dict[tuple[str, str], Any] = {}
    for one in renders(lambda format: format not in HCL, refused):
        read = reader_of(one.snippet, one.format)
        key = (one.snippet.id, one.format)
        if key not in wanted:
            text = marked(one.snippet, one.format)
            wanted[key] = read(text) if read else text
        found = read(one.text) if read else one.text
        assert found == (meant(wanted[key], one.values) if read else wanted[key]), str(one)
        taken[one.format] += 1
    # What refuses everything would pass as well. A shell takes few texts, quotes take nearly all.
    for format in {format for one, format in PAIRS if formats.used(one, format)} - set(HCL):
        assert taken[format] > 0, format
    for format in (
        "json",
        "yaml",
        "cloudformation",
        "eksctl",
        "crossplane",
        "cdk-python",
        "pulumi",
    ):
        assert taken[format] > 3 * refused[format], format


def test_a_text_comes_back_from_terraform(tmp_path_factory: pytest.TempPathFactory) -> None:
    program = tmp_path_factory.mktemp("hcl") / "hcl"
    build = [needs("go"), "build", "-o", str(program), "."]
    subprocess.run(build, cwd=CLIENTS / "hcl", check=True, capture_output=True)
    refused: Counter[str] = Counter()
    found = list(renders(HCL.__contains__, refused))
    for start in range(0, len(found), 5_000):
        part = found[start : start + 5_000]
        texts = {str(number): one.text for number, one in enumerate(part)}
        pairs = {(one.snippet.id, one.format): one.snippet for one in part}
        texts |= {f"{id}/{format}": marked(one, format) for (id, format), one in pairs.items()}
        done = subprocess.run(
            [str(program)], input=json.dumps(texts), capture_output=True, text=True, check=True
        )
        answers = json.loads(done.stdout)
        for number, one in enumerate(part):
            wanted = answers[f"{one.snippet.id}/{one.format}"]["blocks"]
            assert hcl_read(answers[str(number)]["blocks"]) == hcl_meant(wanted, one.values), str(
                one
            )
    assert len(found) > 3 * sum(refused.values()) > 0


def hcl_read(value: Any) -> Any:
    """Blocks, with JSON in a text read: its keys stand in another order. A template is its parts,
    of which those that are text follow one another as one. An index is what it stands for."""
    if isinstance(value, str):
        return json.loads(value) if value.startswith('{"') else value
    if isinstance(value, dict):
        if "parts" in value:
            joined = [
                part if isinstance(part, str) else json.dumps(part) for part in value["parts"]
            ]
            return ["template", "".join(joined)]
        if set(value) == {"expression"}:
            return re.sub(r'(?<=\[)"(?:[^"\\]|\\.)*"(?=\])', _unescaped, value["expression"])
        return {key: hcl_read(item) for key, item in value.items()}
    return [hcl_read(item) for item in value] if isinstance(value, list) else value


def _unescaped(found: re.Match[str]) -> str:
    """A quoted text of HCL's without its escapes."""
    return str(json.loads(found[0])).replace("$${", "${").replace("%%{", "%{")


def hcl_meant(wanted: Any, values: Values) -> Any:
    return meant(hcl_read(wanted), values)


# -- what is refused, and why ----------------------------------------------------------------


def test_a_shell_reads_what_it_is_given_as_one_word_that_is_no_option() -> None:
    """By bash itself, for every text that a renderer of commands takes."""
    taken = [text for text in TEXTS if SHELL_SAFE.fullmatch(text)]
    assert {"null", "1e3", "0x1f", "=", "@a", "a=b"} <= {*taken}
    for text in taken:
        assert not text.startswith(("-", "file:", "http:")), text
    script = "set -- " + " ".join(taken) + '\nprintf "%s\\0" "$@"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split("\0")[:-1] == taken


@pytest.mark.parametrize("text", hostile.texts("option", "shell"))
def test_a_program_never_gets_an_option_for_a_name(text: str) -> None:
    values = values_of({name: text for name in MARKS if not CATALOG.parameters.is_derived(name)})
    for snippet in CATALOG.of("commands"):
        if all(SHELL_SAFE.fullmatch(values[name]) for name in snippet.placeholders()):
            continue  # an ARN begins as none, whatever it is made of
        with pytest.raises(
            CatalogError, match=r"contains characters that a shell interprets, or begin"
        ):
            formats.render(snippet, "bash", values, "snippet")


def test_references_that_a_tool_would_replace_are_refused() -> None:
    """CloudFormation's dynamic references, `!Sub`, and the data source's own variables."""
    for snippet, format, text in (
        ("identity-s3-read", "cloudformation", "{{resolve:ssm:x}}"),
        ("identity-s3-read", "cdk-python", "{{resolve:ssm:x}}"),
        ("cfn-agent-addon", "yaml", "{{resolve:ssm:x}}"),
        ("cfn-association", "yaml", "${AWS::AccountId}"),
        ("identity-s3-read", "terraform", "&{aws:username}"),
    ):
        values = values_of({**MARKS, "bucket": text, "role_name": text, "cluster": text})
        with pytest.raises(CatalogError, match=r"contains a (dynamic reference|variable) of"):
            formats.render(CATALOG[snippet], format, values, "snippet")


# -- YAML's words ----------------------------------------------------------------------------


@pytest.mark.parametrize("text", [text for text in TEXTS if len(text) < 2_000])
def test_a_written_text_is_read_as_one_by_every_version(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    document = {"a": text, text: ["b", text], "c": f"{text}\n{text}"}
    written = dump_yaml(document)
    assert yaml.safe_load(written) == document
    shape = read_yaml_twice(written)
    assert "typed" not in json.dumps(shape), written
