"""Where the site marks a parameter's value, in snippets, cells and built pages."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from podrole.catalog import Catalog
from podrole.site.values.cell_places import cell_places
from podrole.site.values.value_fields import GROUPS, values_json
from podrole.site.values.value_marks import mark_values
from podrole.site.values.value_places import (
    SECRETS,
    Place,
    block_text,
    plain_parameters,
    site_places,
    snippet_places,
)
from tests.catalogue import CATALOG
from tests.files import files
from tests.site.site_build import REPOSITORY

MARK = re.compile(r'<span data-value="(\w+)"(?: data-scalar)?>([^<]*)</span>')
BLOCK = re.compile(r"<pre[^>]*>(?:<span></span>)?<code[^>]*>(.*?)</code></pre>", re.DOTALL)

#: Blocks of a page (snippet, format) that cannot be marked, and why. There is none.
NOT_MARKED: dict[tuple[str, str], str] = {}

#: Texts of hand-written blocks that look like a parameter's value and are none.
NO_VALUE = {
    'PolicyName="orders"': "the name of an inline policy",
    'RoleSessionName="orders-api"': "a session's name; the outputs show it",
    'RoleSessionName="demo"': "a session's name; the outputs show it",
    'Name="/orders/flag"': "an SSM parameter of the lab",
    '"get_parameter", Name="/orders/flag"': "an SSM parameter of the lab",
    'for tenant in ("orders", "billing"):': "tenants, not namespaces",
    'Key="orders/1.json"': "an object's key, of a tenant",
    '(role_name, "orders")': "the name of an inline policy",
    "--policy-name orders ": "the name of an inline policy",
    'orders  = { namespace = "orders"': "a table of teams, in HCL, as the cell prints it",
    "AWS_SECRET_ACCESS_KEY:": "no page asks for a secret",
    "roles.json: platform-admin: ": "an output; the operator's role of the lab",
    "podrole lab exec orders-api": "the lab's own walk",
    "kubectl create serviceaccount orders-api": "the lab's own walk",
    "kubectl run orders-api": "the lab's own walk",
    "kubectl delete pod/orders-api": "the lab's own walk",
    "arn:aws:sts::444455556666:assumed-role/…": "an output: which account it is, is the point",
    '"serviceAccountName":"orders-api"': "the lab's own walk",
    'DBHostname="orders.cluster-abc.': "a host's name, of AWS's making",
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return CATALOG


@pytest.fixture(scope="module")
def built(built_site: Path) -> dict[str, str]:
    return {
        path.relative_to(built_site).as_posix(): path.read_text(encoding="utf-8")
        for path in files(built_site, "**/*.html")
    }


def rendered(catalog: Catalog) -> Iterator[tuple[str, str, str]]:
    for snippet in catalog.snippets:
        for format in catalog.formats(snippet.id):
            yield snippet.id, format, catalog.render(snippet.id, format)


def filled(text: str, places: list[Place], values: dict[str, str]) -> str:
    parts, end = [], 0
    for place in places:
        parts += [text[end : place.offset], values[place.parameter]]
        end = place.offset + place.length
    return "".join([*parts, text[end:]])


def test_every_snippet_in_every_format_can_be_marked(catalog: Catalog) -> None:
    found = list(snippet_places(catalog))
    expected = list(rendered(catalog))
    assert len(found) == len(expected) > 1000
    other = {
        (name, format)
        for (name, format, text), (ours, _) in zip(expected, found, strict=True)
        if text != ours
    }
    assert other == set(NOT_MARKED)
    for text, places in found:
        for place in places:
            shown = text[place.offset : place.offset + place.length]
            assert shown == catalog.values[place.parameter]


#: Other names of other lengths. YAML quotes what it would read as a number, Terraform aligns keys.
ACME = {
    "account_id": "987654321098",
    "region": "ap-southeast-2",
    "cluster": "production-blue",
    "namespace": "shop",
    "service_account": "web",
    "deployment": "web-front",
    "role_name": "Shop.Web@Prod",
    "bucket": "acme-shop",
    "prefix": "incoming/raw",
    "queue": "jobs",
    "table": "Carts",
    "secret_name": "shop/db/main",
    "oidc_id": "0123456789ABCDEF0123456789ABCDEF",
}


def test_filled_at_its_places_a_text_is_what_the_command_line_renders(catalog: Catalog) -> None:
    """But for lines that a tool breaks or aligns by length: there the words are the same."""
    acme = Catalog.load(values=ACME)
    found = [places for _, places in snippet_places(catalog)]
    same = 0
    for (name, format, text), places in zip(rendered(catalog), found, strict=True):
        ours, theirs = filled(text, places, acme.values), acme.render(name, format)
        same += ours == theirs
        assert ours.split() == theirs.split(), f"{name} as {format}"
    assert same > 1000


def test_a_site_with_a_company_s_names_has_the_same_places(catalog: Catalog) -> None:
    acme = Catalog.load(values=ACME)
    for (text, ours), (theirs, other) in zip(
        snippet_places(catalog), snippet_places(acme), strict=True
    ):
        assert [one.parameter for one in ours] == [one.parameter for one in other], text
        for place in other:
            shown = theirs[place.offset : place.offset + place.length]
            assert shown == acme.values[place.parameter]


@pytest.mark.parametrize("value", ["a", "z9", "in", "on", "y", "null", "1e3", "0x1f", "2001-01-01"])
def test_a_value_of_a_letter_or_two_is_found_nowhere_else(value: str) -> None:
    short = Catalog.load(values={"namespace": value, "prefix": value})
    for (name, format, text), (ours, places) in zip(
        rendered(short), snippet_places(short), strict=True
    ):
        assert ours == text, f"{name} as {format}"
        assert all(
            ours[one.offset : one.offset + one.length] == short.values[one.parameter]
            for one in places
        )


def test_one_text_of_two_snippets_has_one_set_of_places(catalog: Catalog) -> None:
    seen: dict[str, list[Place]] = {}
    for text, places in snippet_places(catalog):
        assert seen.setdefault(block_text(text), places) == places


def test_what_may_need_quotes_in_yaml_is_known(catalog: Catalog) -> None:
    """Each value that stands bare in YAML is marked so; quoted, the document stays the same."""
    known = dict(snippet_places(catalog))
    bare = 0
    for _, format, text in rendered(catalog):
        places = known[text]
        for place in places:
            bare += place.scalar
            if place.scalar and text.count("\n---\n") == 0 and "!" not in text:
                quoted = filled(text, [place], {place.parameter: json.dumps("on")})
                said = json.dumps(yaml.safe_load(quoted), default=str)
                assert '"on"' in said, f"{format}: {place}"
    assert bare > 100


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('namespace = "orders"', ["namespace"]),
        ('table = "orders"', ["table"]),
        ('queue = "orders"', ["queue"]),
        ('namespace, service_account = "orders", "orders-api"', ["namespace", "service_account"]),
        ('bucket = f"orders-data-{account_id}"', ["bucket"]),
        ('bucket = f"orders-data-{other}"', []),
        ('cluster = "blue"', []),
        ('client(TableName="orders")', ["table"]),
        ('client(Namespace="orders", PolicyName="orders")', ["namespace"]),
        (
            'client(namespace="orders", serviceAccount="orders-api")',
            ["namespace", "service_account"],
        ),
        ('f"arn:{partition}:dynamodb:{region}:{account_id}:table/orders"', ["table"]),
        (
            '"arn:aws:eks:us-west-2:111122223333:cluster/demo"',
            [
                "partition",
                "region",
                "account_id",
                "cluster",
            ],
        ),
        (
            '"arn:aws:iam::111122223333:role/orders-api-prod"',
            [
                "partition",
                "account_id",
                "role_name",
            ],
        ),
        ('"system:serviceaccount:orders:orders-api"', ["namespace", "service_account"]),
        ('"system:serviceaccount:billing:orders-api"', ["service_account"]),
        ('lab.kubernetes("demo")', ["cluster"]),
        ('deployment_manifest.replace("orders-api", "billing")', ["deployment"]),
        ('print("orders-api")', []),
        ('bucket_of = {"orders-data-111122223333": 1}', ["bucket"]),
        ('"orders-api-prod-2"', []),
        ('role = "my-orders-api-prod"', []),
        ('# namespace = "orders"', []),
        ("orders = in_demo", []),
        ("f\"{'demo'}:us-west-2\"", ["region"]),
        ("'''a role/orders-api-prod\nof two lines'''", ["role_name"]),
        (r'"a \" us-west-2"', ["region"]),
    ],
)
def test_in_hand_written_python(catalog: Catalog, source: str, expected: list[str]) -> None:
    found = cell_places(source, catalog.parameters)
    assert [name for _, _, name in found] == expected
    for offset, length, _ in found:
        assert not set(source[offset : offset + length]) & set("\"'\n")


def test_no_block_of_any_page_changes_its_text(built: dict[str, str], catalog: Catalog) -> None:
    places = site_places(catalog, REPOSITORY)
    blocks = 0
    for path, page in built.items():
        bare = MARK.sub(r"\2", page)
        assert "data-value" not in re.sub(r"<code\b.*?</code>", "", bare, flags=re.DOTALL), path
        again = mark_values(bare, places)
        before, after = texts(bare), texts(again)
        assert before == after == texts(page), path
        assert outside(bare) == outside(again), path
        blocks += len(before)
    assert blocks > 1500


def texts(page: str) -> list[str]:
    return [html.unescape(re.sub(r"<[^>]*>", "", code)) for code in BLOCK.findall(page)]


def outside(page: str) -> str:
    return BLOCK.sub("", page)


def test_every_block_with_places_is_marked(built: dict[str, str], catalog: Catalog) -> None:
    places = site_places(catalog, REPOSITORY)
    seen = set()
    for path, page in built.items():
        for code in BLOCK.findall(page):
            text = html.unescape(re.sub(r"<[^>]*>", "", code))
            wanted = places.get(block_text(text), [])
            marked = [(name, html.unescape(value)) for name, value in MARK.findall(code)]
            trimmed = text.strip("\n")
            assert marked == [
                (one.parameter, trimmed[one.offset : one.offset + one.length]) for one in wanted
            ], path
            seen.add(block_text(text))
    apps = files(REPOSITORY / "snippets/apps", "*/*.yml")  # one of three is shown
    unseen = set(places) - seen - {block_text(one.read_text(encoding="utf-8")) for one in apps}
    assert not unseen, "a text that no page shows as the catalogue has it"


def test_nothing_that_looks_like_a_value_is_left_without_a_reason(
    built: dict[str, str], catalog: Catalog
) -> None:
    """Defaults that are words of English apart, and stored outputs, which are what ran.

    Service principals and CloudTrail's sources end in amazonaws.com in every partition.
    """
    defaults = {one.default for one in catalog.parameters if one.derived is None}
    longest = sorted(defaults - {"in", "aws", "team", "/", "amazonaws.com"}, key=len, reverse=True)
    word = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest))})(?![\w-])")
    used = set()
    for path, page in built.items():
        for code in BLOCK.findall(without_outputs(page)):
            text = html.unescape(re.sub(r"<[^>]*>", "", MARK.sub("…", code)))
            for line in filter(word.search, text.split("\n")):
                reasons = [start for start in NO_VALUE if start in line]
                assert reasons, f"{path}: a parameter's value, or a reason in NO_VALUE: {line}"
                used.update(reasons)
    assert len(used) > len(NO_VALUE) - 4, set(NO_VALUE) - used


def without_outputs(page: str) -> str:
    """The page without its stored outputs: each is a division with divisions in it."""
    kept, depth, end = [], 0, 0
    for tag in re.finditer(r"<div\b[^>]*>|</div>", page):
        if depth:
            depth += 1 if tag[0] != "</div>" else -1
            if not depth:
                end = tag.end()
        elif "nb-output" in tag[0]:
            kept.append(page[end : tag.start()])
            depth = 1
    return "".join([*kept, page[end:]])


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("orders\n", '<span data-value="namespace">orders</span>\n'),
        (
            '<span class="s">&quot;orders&quot;</span>\n',
            '<span class="s">&quot;<span data-value="namespace">orders</span>&quot;</span>\n',
        ),
        (
            '<span class="a">ord</span><span class="b">ers</span><span class="c">!</span>\n',
            '<span class="a"><span data-value="namespace">orders</span></span>'
            '<span class="c">!</span>\n',
        ),
        (
            '<span class="a">x<b>ord</b></span>ers&amp;<i>y</i>\n',
            '<span class="a">x<b><span data-value="namespace">orders</span></b></span>'
            "&amp;<i>y</i>\n",
        ),
        (
            '<span class="a">ord</span><span class="b">ers-y</span>\n',
            '<span class="a"><span data-value="namespace">orders</span></span>'
            '<span class="b">-y</span>\n',
        ),
    ],
)
def test_a_mark_has_no_tag_within_and_the_others_stay_balanced(code: str, expected: str) -> None:
    page = f"<pre><span></span><code>{code}</code></pre>"
    text = html.unescape(re.sub(r"<[^>]*>", "", code)).strip("\n")
    places = {text: [Place(text.index("orders"), 6, "namespace")]}
    assert mark_values(page, places) == f"<pre><span></span><code>{expected}</code></pre>"


def test_the_fields_are_all_plain_parameters_but_secrets(catalog: Catalog) -> None:
    data = json.loads(values_json(catalog))
    fields = {field["name"]: field for field in data["fields"]}
    assert set(fields) == {one.name for one in plain_parameters(catalog.parameters)}
    assert not SECRETS & set(fields)
    assert {name for names in GROUPS.values() for name in names} <= set(fields)
    for field in fields.values():
        assert re.fullmatch(field["pattern"], field["value"])
        assert re.fullmatch(data["shell"], field["value"])
        assert field["description"]
