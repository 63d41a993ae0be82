"""A reader's own values: entered once, shown and copied everywhere, kept in this browser only."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from podrole.catalog import Catalog, CatalogError
from podrole.catalog.values_file import read_values
from podrole.site.markdown.format_label import LABELS
from tests.browser.conftest import complaints_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

HOWTO, NOTEBOOK, SNIPPET = "howto/irsa/", "notebooks/02-irsa/", "catalogue/trust-irsa-exact/"
ACME = {
    "account_id": "987654321098",
    "region": "ap-southeast-2",
    "namespace": "shop",
    "service_account": "storefront",
    "oidc_id": "0123456789ABCDEF0123456789ABCDEF",
    "role_name": "Shop.Web@Prod",
    "secret_name": "shop/db/main",
}
PHONE = {"width": 390, "height": 844}


@dataclass
class Reader:
    """A browser profile of one reader: what it was asked for, and what its pages complained of."""

    context: "BrowserContext"
    address: str
    complaints: list[str]
    requests: list[Any] = field(default_factory=list)

    def tab(self, path: str = "") -> "Page":
        page = self.context.new_page()
        page.goto(f"{self.address}{path}", wait_until="load")
        return page


@pytest.fixture
def reader(
    browser: "Browser", site_address: str, request: pytest.FixtureRequest
) -> Iterator[Reader]:
    """A fresh profile; the parameter is what `new_context` takes besides."""
    options = {"viewport": {"width": 1440, "height": 900}, **getattr(request, "param", {})}
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"], **options)
    one = Reader(context, site_address, complaints_of(context))
    context.on("request", lambda asked: one.requests.append(asked))
    yield one
    assert one.complaints == []
    context.close()


def opened(page: "Page") -> "Locator":
    page.get_by_role("button", name="Your values").click()
    drawer = page.get_by_role("dialog", name="Your values")
    drawer.wait_for()
    return drawer


def entered(page: "Page", values: dict[str, str]) -> "Locator":
    drawer = opened(page)
    find = drawer.get_by_role("searchbox", name="Find a value")
    for name, value in values.items():
        find.fill(name)
        drawer.locator(f"[name={name}]").fill(value)
    find.fill("")
    return drawer


def stored(reader: Reader, values: dict[str, str]) -> None:
    """A profile in which values were entered before."""
    kept = json.dumps({"version": 1, "values": values})
    reader.context.add_init_script(f"localStorage['podrole.values'] ??= {kept!r}")


def shown(page: "Page", name: str) -> set[str]:
    """What stands at the marks of a parameter."""
    return set(page.locator(f"[data-value={name}]").all_text_contents())


def wait_until_shown(page: "Page", name: str, value: str) -> None:
    page.locator(f"[data-value={name}].own-value").first.wait_for(state="attached")
    assert shown(page, name) == {value}


def test_a_value_entered_once_is_shown_and_copied_on_every_page(reader: Reader) -> None:
    page = reader.tab(HOWTO)
    entered(page, ACME)
    page.keyboard.press("Escape")
    wait_until_shown(page, "account_id", "987654321098")
    block = page.locator("pre:has([data-value=account_id])").first
    block.hover()
    block.locator(".md-code__button[data-md-type=copy]").click()
    page.get_by_text("Copied to clipboard").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "987654321098" in copied
    assert "111122223333" not in copied
    assert copied.strip() == block.locator("code").inner_text().strip()
    selected = block.locator("code").evaluate(
        "code => { getSelection().selectAllChildren(code); return String(getSelection()) }"
    )
    assert selected.strip() == copied.strip()
    other = reader.tab(NOTEBOOK)
    wait_until_shown(other, "region", "ap-southeast-2")
    assert 'namespace = "shop"' in other.locator("pre").nth(1).inner_text()
    page.reload()
    wait_until_shown(page, "namespace", "shop")


def test_each_format_shows_what_the_command_line_renders(reader: Reader) -> None:
    stored(reader, ACME)
    catalog = Catalog.load(values=ACME)
    for name in ("trust-irsa-exact", "identity-secretsmanager-read", "eksctl-service-account"):
        page = reader.tab(f"catalogue/{name}/")
        formats = catalog.formats(name)
        blocks = page.locator(".tabbed-block pre > code, h2#copy-it + .highlight pre > code")
        assert blocks.count() == len(formats)
        if "namespace" in catalog[name].placeholders():
            wait_until_shown(page, "namespace", "shop")
        for number, format in enumerate(formats):
            text = blocks.nth(number).text_content() or ""
            assert text.split() == catalog.render(name, format).split(), LABELS[format]
        page.close()


def test_another_tab_follows_at_once(reader: Reader) -> None:
    one, other = reader.tab(HOWTO), reader.tab(SNIPPET)
    drawer = entered(one, {"namespace": "shop"})
    wait_until_shown(other, "namespace", "shop")
    drawer.get_by_role("button", name="Reset all").click()
    other.wait_for_function("!document.body.classList.contains('own-values')")
    assert shown(other, "namespace") == {"orders"}


def test_reset_can_be_undone(reader: Reader) -> None:
    page = reader.tab(HOWTO)
    drawer = entered(page, {"namespace": "shop", "region": "eu-west-1"})
    drawer.get_by_role("button", name="Reset all").click()
    drawer.get_by_text("The pages show the guide's own names again.").wait_for()
    assert shown(page, "namespace") == {"orders"}
    assert drawer.locator("[name=region]").input_value() == ""
    assert page.evaluate("localStorage.getItem('podrole.values')") is None
    drawer.get_by_role("button", name="Undo").click()
    wait_until_shown(page, "namespace", "shop")
    assert drawer.locator("[name=region]").input_value() == "eu-west-1"


def test_what_does_not_fit_is_said_and_neither_applied_nor_lost(reader: Reader) -> None:
    page = reader.tab(HOWTO)
    drawer = opened(page)
    region = drawer.get_by_label("Region", exact=True)
    region.fill("Frankfurt")
    region.press("Tab")
    said = drawer.get_by_role("alert").filter(has_text="Frankfurt")
    assert "Example: us-west-2" in (said.text_content() or "")
    assert region.get_attribute("aria-invalid") == "true"
    assert "value-region-fault" in (region.get_attribute("aria-describedby") or "")
    assert shown(page, "region") == {"us-west-2"}
    drawer.get_by_label("Namespace", exact=True).fill("shop")
    page.keyboard.press("Escape")
    assert opened(page).locator("[name=region]").input_value() == "Frankfurt"
    assert page.evaluate("JSON.parse(localStorage['podrole.values']).values") == {
        "namespace": "shop"
    }
    region.fill("eu-central-1")
    wait_until_shown(page, "region", "eu-central-1")
    assert region.get_attribute("aria-invalid") == "false"
    assert said.count() == 0


def test_the_region_decides_the_partition_in_the_form(reader: Reader) -> None:
    page = reader.tab(SNIPPET)
    drawer = entered(page, {"region": "cn-north-1"})
    wait_until_shown(page, "dns_suffix", "amazonaws.com.cn")
    wait_until_shown(page, "partition", "aws-cn")
    partition = drawer.locator("[name=partition]")
    partition.fill("aws")
    partition.press("Tab")
    fault = drawer.locator("#value-partition-fault")
    assert "contradicts region cn-north-1, which needs aws-cn" in (fault.text_content() or "")
    assert shown(page, "partition") == {"aws-cn"}


def test_a_name_that_yaml_reads_as_something_else_gets_quotes(reader: Reader) -> None:
    page = reader.tab("catalogue/sa-annotated/")
    entered(page, {"namespace": "on", "service_account": "123"})
    page.keyboard.press("Escape")
    text = page.locator(".tabbed-block pre > code, #copy-it + .highlight code").first.inner_text()
    assert 'name: "123"' in text
    assert 'namespace: "on"' in text
    page = reader.tab(SNIPPET)
    wait_until_shown(page, "namespace", "on")
    assert ':sub": "system:serviceaccount:on:123"' in page.locator("pre").first.inner_text()


def test_with_the_keyboard_alone(reader: Reader) -> None:
    page = reader.tab(HOWTO)
    button = page.get_by_role("button", name="Your values")
    for _ in range(30):
        page.keyboard.press("Tab")
        if button.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name="Your values")
    drawer.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.type("namespace workload")
    page.keyboard.press("Tab")
    page.keyboard.type("shop")
    for _ in range(20):  # the dialog is modal: the page behind it is out of reach
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    page.keyboard.press("Escape")
    drawer.wait_for(state="hidden")
    assert button.evaluate("one => one === document.activeElement")
    assert shown(page, "namespace") == {"shop"}


def test_the_filter_finds_by_name_and_by_what_it_is(reader: Reader) -> None:
    page = reader.tab(HOWTO)
    drawer = opened(page)
    fields = drawer.locator(".values-field:visible input")
    everything = drawer.locator(".values-field input").count()
    here = [one.get_attribute("name") for one in fields.all()]
    marked = page.locator("[data-value]").evaluate_all("all => all.map(one => one.dataset.value)")
    assert here == list(dict.fromkeys(marked)), "first, and alone in sight, what this page uses"
    find = drawer.get_by_role("searchbox", name="Find a value")
    find.fill("sns")
    assert [one.get_attribute("name") for one in fields.all()] == ["topic"]
    find.fill("nothing like it")
    assert drawer.get_by_text("No value matches.").is_visible()
    find.fill("")
    assert fields.count() == len(here) < everything


def test_a_link_brings_the_values_once_the_reader_agrees(
    reader: Reader, browser: "Browser", site_address: str
) -> None:
    page = reader.tab(HOWTO)
    drawer = entered(page, {"namespace": "shop", "image": "reg.example/a:1", "log_group": "/x"})
    drawer.get_by_role("button", name="Copy link").click()
    drawer.get_by_text("The link is copied.").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{site_address}{HOWTO}#values=namespace:shop;image:reg.example/a:1;log_group:/x"
    context = browser.new_context()
    friend = Reader(context, site_address, complaints_of(context))
    tab = friend.tab(link.removeprefix(site_address))
    bar = tab.locator(".values-notice")
    bar.wait_for()
    assert "namespace shop, image reg.example/a:1, log_group /x" in (bar.text_content() or "")
    assert shown(tab, "namespace") == {"orders"}, "nothing before the reader agrees"
    tab.reload()
    bar.get_by_role("button", name="Leave them").click()
    assert tab.url == f"{site_address}{HOWTO}"
    assert tab.evaluate("localStorage.getItem('podrole.values')") is None
    tab.evaluate("link => { location.href = link }", link)  # on the page itself, too
    tab.get_by_role("button", name="Use them").click()
    wait_until_shown(tab, "namespace", "shop")
    assert bar.count() == 0
    assert friend.complaints == []
    friend.context.close()


@pytest.mark.parametrize(
    ("fragment", "said"),
    [
        ("region:Frankfurt", "region: “Frankfurt” does not match"),
        ("namespace:shop;nmespace:x", "nmespace: no such value"),
        ("namespace:%E0%A4%A", "is cut off"),
        ("namespace", "is not name:value"),
        ("namespace:%3Cimg%20src%3Dx%3E", "does not match"),
        ("__proto__:x", "__proto__: no such value"),
    ],
)
def test_a_link_that_does_not_fit_brings_nothing(reader: Reader, fragment: str, said: str) -> None:
    page = reader.tab(f"{HOWTO}#values={fragment}")
    bar = page.locator(".values-notice")
    bar.wait_for()
    assert "Nothing was taken from this link." in (bar.text_content() or "")
    assert said in (bar.text_content() or "")
    assert page.locator(".values-notice img").count() == 0
    assert page.evaluate("localStorage.getItem('podrole.values')") is None


def test_what_is_exported_the_command_line_takes_and_the_page_takes_back(
    reader: Reader, tmp_path: Path
) -> None:
    page = reader.tab(SNIPPET)
    drawer = entered(page, ACME)
    with page.expect_download() as download:
        drawer.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "acme.yml"
    file = tmp_path / "acme.yml"
    download.value.save_as(file)
    assert read_values(file) == ACME
    rendered = subprocess.run(
        [
            *(sys.executable, "-m", "podrole", "snippet", "render", "trust-irsa-exact"),
            *("--format", "json", "--values", str(file)),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    page.keyboard.press("Escape")
    assert page.locator("pre > code").first.inner_text().strip() == rendered.stdout.strip()
    drawer = opened(page)
    drawer.get_by_role("button", name="Reset all").click()
    drawer.get_by_text("Import", exact=True).click()
    drawer.get_by_label("A file of values").set_input_files(file)
    drawer.get_by_text(f"Imported: {len(ACME)}.").wait_for()
    wait_until_shown(page, "account_id", "987654321098")
    assert page.evaluate("JSON.parse(localStorage['podrole.values']).values") == ACME


def test_nothing_entered_exports_a_file_that_the_command_line_takes(
    reader: Reader, tmp_path: Path
) -> None:
    drawer = opened(reader.tab())
    with drawer.page.expect_download() as download:
        drawer.get_by_role("button", name="Export").click()
    download.value.save_as(tmp_path / "none.yml")
    assert read_values(tmp_path / "none.yml") == {}


@pytest.mark.parametrize(
    ("text", "said", "namespace"),
    [
        ('{"namespace": "shop", "region": "eu-west-1"}', "Imported: 2.", "shop"),
        ("namespace: shop\nregion: Frankfurt\n", "line 2: region: “Frankfurt” does not", "orders"),
        ("namespace: shop\nsecret_access_key: x\n", "asks for a secret: secret_acc", "shop"),
    ],
)
def test_a_text_is_imported_whole_or_not_at_all(
    reader: Reader, text: str, said: str, namespace: str
) -> None:
    page = reader.tab(HOWTO)
    drawer = opened(page)
    drawer.get_by_text("Import", exact=True).click()
    drawer.get_by_label("Values as YAML or JSON").fill(text)
    drawer.get_by_role("button", name="Take the text").click()
    drawer.get_by_text(said).wait_for()
    assert shown(page, "namespace") == {namespace}


READ = """async texts => {
  const { read } = await import(new URL("/assets/values-file.js", location));
  const { fields } = await import(new URL("/assets/values.js", location));
  const known = await fields();
  return texts.map((text) => {
    try {
      return read(text, known).values;
    } catch (error) {
      return error.message;
    }
  });
}"""


def test_a_file_that_cannot_be_read_gets_one_error_that_names_the_line(reader: Reader) -> None:
    expected = {
        "# ours\n---\nnamespace: shop # ours\n\nregion: 'eu-west-1'\n": {
            "namespace": "shop",
            "region": "eu-west-1",
        },
        "account_id: 111122223333": "line 1: account_id: 111122223333 must be a string",
        "namespace: shop\n\nregion: Frankfurt": "line 3: region: “Frankfurt” does not match",
        "namespace: shop\nnmespace: x": "line 2: nmespace: no such value",
        "namespace: shop\nnamespace: shop": "line 2: namespace is there twice",
        "constructor: shop": "line 1: constructor: no such value",
        "namespace:\n  - shop": "line 1: namespace: the value must be a string",
        "- namespace": "line 1: “- namespace” is not name: value",
        " namespace: shop": "line 1: “ namespace: shop” is not name: value",
        "{": "no JSON",
        '{"namespace": 1}': "namespace: 1 must be a string; put it in quotes",
        "log_group: 'a#b'": "a shell interprets",
        "": "there is no value in it",
    }
    found = reader.tab("404.html").evaluate(READ, list(expected))
    for (text, wanted), got in zip(expected.items(), found, strict=True):
        assert got == wanted if isinstance(wanted, dict) else wanted in got, text


SCALARS = (
    *("shop", "'shop'", '"shop"', '"s\\u0068op"', "'it''s'", "12", "012", "0x1f", "1_000", "1.5"),
    *("1e5", ".5", "on", "No", "true", "null", "~", "2026-06-01", "2026-06-01T00:00:00Z", "a b"),
    *("'2026'", "1:30", "a:b", "a: b", "a #b", "a#b", "'a' # b", "[a]", "{a: b}", "&a b", "*a"),
    *("!a b", "@a", "-", "- a", "/a", "%a", "`a", '"a', "'a", "a'", ">", "?a", "=", "db-1", "a,b"),
    *("1234abcd-12ab", "0cda7f85-0000", '"a\\qb"', "", "a:", "a ", "0o7", "-1", "+1.", "<<", "|"),
)


def test_the_page_reads_a_file_as_the_command_line_does(reader: Reader, tmp_path: Path) -> None:
    """Or refuses what the command line takes. Never does it take another text than that."""
    lines = [f"metric_namespace: {scalar}\n" for scalar in SCALARS]
    file = tmp_path / "acme.yml"
    refused = 0
    for scalar, got in zip(SCALARS, reader.tab("404.html").evaluate(READ, lines), strict=True):
        file.write_text(f"metric_namespace: {scalar}\n", encoding="utf-8")
        try:
            value = read_values(file)["metric_namespace"]
        except CatalogError:
            assert isinstance(got, str), f"{scalar} is no text"
            refused += 1
            continue
        assert isinstance(got, str) or got == {"metric_namespace": value}
        if value == scalar and value.isalpha():
            assert isinstance(got, dict), got
    assert refused > 20


def test_no_request_bears_a_value(reader: Reader) -> None:
    page = reader.tab(HOWTO)
    values = {**ACME, "cluster": "zebra-cluster"}
    drawer = entered(page, values)
    drawer.get_by_role("button", name="Copy link").click()
    page.keyboard.press("Escape")
    reader.tab(NOTEBOOK)
    reader.tab(f"{HOWTO}#values=cluster:giraffe-cluster").get_by_role(
        "button", name="Use them"
    ).click()
    assert len(reader.requests) > 30
    for request in reader.requests:
        sent = f"{request.url} {request.method} {request.all_headers()} {request.post_data}"
        assert request.url.startswith((reader.address, "data:", "blob:"))
        for value in [*values.values(), "giraffe-cluster"]:
            assert value not in sent.replace(SNIPPET, ""), request.url
    assert reader.context.cookies() == []


def test_before_a_click_a_page_loads_one_small_module(reader: Reader) -> None:
    reader.tab(HOWTO)
    ours = {one.url.rsplit("/", 1)[-1] for one in reader.requests if "values" in one.url}
    assert ours == {"values.js", "values.svg"}
    stored(reader, {"namespace": "shop"})
    reader.requests.clear()
    reader.tab(HOWTO)
    ours = {one.url.rsplit("/", 1)[-1] for one in reader.requests if "values" in one.url}
    assert "values.json" in ours
    assert "values-form.js" not in ours


@pytest.mark.parametrize("reader", [{"java_script_enabled": False}], indirect=True)
def test_without_javascript_the_defaults_stand(reader: Reader) -> None:
    page = reader.tab(HOWTO)
    assert page.locator(".values-button").count() == 0
    value = page.locator("pre [data-value=namespace]:visible").first
    assert value.text_content() == "orders"


@pytest.mark.parametrize(
    ("kept", "said", "namespace"),
    [
        ("{", "cannot be read", "orders"),
        ("7", "cannot be read", "orders"),
        ("null", "cannot be read", "orders"),
        ('{"version": 2, "values": {"namespace": "shop"}}', "cannot be read", "orders"),
        (
            '{"version": 1, "values": {"namespace": "a b", "region": "x"}}',
            "Some of the values",
            "orders",
        ),
        ('{"version": 1, "values": {"namespace": "shop", "gone": "x"}}', "gone: no such", "shop"),
        ('{"version": 1, "values": {"namespace": ["<img src=x>"]}}', "must be a string", "orders"),
    ],
)
def test_what_was_kept_and_does_not_fit_is_said(
    reader: Reader, kept: str, said: str, namespace: str
) -> None:
    reader.context.add_init_script(
        f"if (!sessionStorage.once) localStorage.setItem('podrole.values', {kept!r});"
        "sessionStorage.once = 1;"
    )
    page = reader.tab(HOWTO)
    bar = page.locator(".values-notice")
    bar.wait_for()
    assert said in (bar.text_content() or "")
    assert shown(page, "namespace") == {namespace}
    assert entered(page, {"cluster": "zebra"}).is_visible()
    assert shown(page, "cluster") == {"zebra"}
    page.keyboard.press("Escape")
    bar.get_by_role("button", name="Forget").click()
    page.reload(wait_until="load")
    assert bar.count() == 0


def test_a_browser_that_keeps_nothing_shows_them_on_the_page(reader: Reader) -> None:
    reader.context.add_init_script(
        "for (const name of ['getItem', 'setItem', 'removeItem'])"
        "  Storage.prototype[name] = function (key, ...rest) {"
        "    if (String(key).startsWith('podrole')) throw new DOMException('no', 'SecurityError');"
        "    return null;"
        "  };"
    )
    page = reader.tab(HOWTO)
    drawer = entered(page, {"namespace": "shop"})
    assert drawer.get_by_text("they last until you leave the page").is_visible()
    assert shown(page, "namespace") == {"shop"}
    page.reload(wait_until="load")
    assert shown(page, "namespace") == {"orders"}


def test_a_stored_output_says_whose_names_it_has(reader: Reader) -> None:
    page = reader.tab(NOTEBOOK)
    head = "getComputedStyle(document.querySelector('.nb-output'), '::before').content"
    output = page.locator(".nb-output").first.inner_text()
    assert page.evaluate(head) == '"Output"'
    entered(page, {"account_id": "987654321098", "bucket": "shop-data"})
    assert "with the guide’s own names" in page.evaluate(head)
    assert page.locator(".nb-output").first.inner_text() == output
    assert "111122223333" in output
    assert 'bucket = f"shop-data"' in page.locator("pre").nth(1).inner_text()


def test_other_modules_learn_the_values_and_their_changes(reader: Reader) -> None:
    page = reader.tab(NOTEBOOK)
    code = "document.querySelectorAll('.md-content pre > code')[1]"
    built = page.evaluate(f"{code}.textContent")
    page.evaluate(
        "document.addEventListener('podrole:values', ({ detail }) => { globalThis.told = detail })"
    )
    entered(page, {"namespace": "shop"})
    assert page.evaluate("globalThis.told") == {"namespace": "shop"}
    module = "await import(new URL('/assets/values.js', location))"
    values = page.evaluate(f"async () => ({module}).currentValues()")
    assert (values["namespace"], values["region"]) == ("shop", "us-west-2")
    assert page.evaluate(f"async () => ({module}).builtText({code})") == built
    assert page.evaluate(f"{code}.textContent") != built
    assert not [name for name in page.evaluate("Object.keys(window)") if "odrole" in name]


@pytest.mark.parametrize("reader", [{"viewport": PHONE}], indirect=True)
def test_on_a_phone_the_drawer_fits_and_nothing_lies_on_the_text(reader: Reader) -> None:
    page = reader.tab(HOWTO)
    button = page.get_by_role("button", name="Your values")
    box, header = button.bounding_box(), page.locator(".md-header").bounding_box()
    assert box
    assert header
    assert box["width"] >= 24 <= box["height"]
    assert box["y"] + box["height"] <= header["y"] + header["height"], "in the header, not on text"
    search = page.locator(".md-header__button[for=__search]").bounding_box()
    assert search
    assert box["x"] + box["width"] <= search["x"] + 1
    drawer = entered(page, {"namespace": "shop"})
    frame = drawer.bounding_box()
    assert frame
    assert (frame["x"], frame["width"]) == (0, PHONE["width"])
    body = drawer.locator(".values-body")
    assert body.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert drawer.get_by_role("button", name="Reset all").is_visible()
    page.keyboard.press("Escape")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]


def chosen(page: "Page") -> list[str]:
    """The label of the open tab of each set."""
    return page.locator(".tabbed-set").evaluate_all(
        "sets => sets.map(set => [...set.querySelectorAll('label')]"
        ".find(label => document.getElementById(label.htmlFor).checked).innerText)"
    )


def test_tool_mechanism_and_language_stick_across_pages(reader: Reader) -> None:
    page = reader.tab(HOWTO)
    assert chosen(page) == ["AWS CLI", "AWS CLI", "AWS CLI", "kubectl", "Windows"]
    for label, there, path in (
        ("Terraform", HOWTO, "howto/pod-identity/"),
        ("eksctl", HOWTO, HOWTO),
        ("Pod Identity", "howto/audit-and-incident/", "howto/cross-account/"),
        ("TypeScript", "howto/code/", "catalogue/app-typescript/"),
        ("Go", "howto/code/", "howto/code/"),
        ("CloudFormation", HOWTO, SNIPPET),
    ):
        page.goto(f"{reader.address}{there}")
        page.locator(".tabbed-labels").get_by_text(label, exact=True).first.click()
        page.goto(f"{reader.address}{path}")
        if page.locator(".tabbed-labels").get_by_text(label, exact=True).count():
            assert label in chosen(page), f"{label} on {path}"
    page.goto(f"{reader.address}{HOWTO}")
    assert chosen(page) == [
        "CloudFormation",
        "CloudFormation",
        "CloudFormation",
        "eksctl",
        "Windows",
    ]


def test_the_catalogue_s_filters_stick(reader: Reader) -> None:
    page = reader.tab("catalogue/")
    page.locator("select[name=mechanism]").select_option("Pod Identity")
    page.locator("select[name=format]").select_option("Terraform")
    count = page.locator(".catalogue output").text_content()
    page.reload()
    assert page.locator("select[name=mechanism]").input_value() == "Pod Identity"
    assert page.locator("select[name=format]").input_value() == "Terraform"
    assert page.locator(".catalogue output").text_content() == count
    page.evaluate("localStorage.setItem('podrole.catalogue', '{')")
    page.reload()
    assert page.locator("select[name=format]").input_value() == ""
