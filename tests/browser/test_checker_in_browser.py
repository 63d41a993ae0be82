"""The policy checker and the doctor as a reader meets them: nothing loads unasked or leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import complaints_of
from tests.catalogue import CATALOG
from tests.doctor.conftest import Ward, lab, ward  # noqa: F401
from tests.lab.conftest import SUBJECT
from tests.tools import needs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

POLICY, POD = "check/policy/", "check/pod/"
MARK = "zebra-4711"  # refers to is pasted, and in no request
RUN_AXE = """async () => (await axe.run(document.querySelector('.checker-live'))).violations
  .map(one => `${one.id}: ${one.nodes.map(node => node.html)}`)"""
PATIENCE = 240_000  # milliseconds: Python begins slowly where all cores are taken


@pytest.fixture(scope="module", autouse=True)
def python_is_built() -> None:
    needs("browser-python")


@dataclass
class Checker:
    """One tab, what it asked of the network, and what it complained of."""

    page: Page
    address: str
    complaints: list[str]
    asked: list[str] = field(default_factory=list)

    def open(self, path: str) -> Checker:
        self.page.goto(self.address + path, wait_until="networkidle")
        self.page.locator(".checker-live").wait_for()
        return self

    @property
    def verdict(self) -> Locator:
        return self.page.locator(".checker-verdict")

    @property
    def result(self) -> Locator:
        return self.page.locator(".checker-result")

    def field(self, name: str) -> Locator:
        return self.page.locator(f"[name='{name}']")

    def settled(self) -> str:
        """The verdict, once the newest answer is shown."""
        self.page.wait_for_function(
            "() => document.querySelector('.checker-result').getAttribute('aria-busy') === 'false'"
            " && document.querySelector('.checker-verdict').textContent",
        )
        return self.verdict.inner_text()

    def write(self, name: str, text: str) -> str:
        self.field(name).fill(text)
        return self.settled()

    def pick(self, name: str) -> str:
        self.field("pick").focus()
        self.field("pick").locator(f"option[value={name}]").wait_for(state="attached")
        self.field("pick").select_option(name)
        return self.settled()

    def selected(self, area: str = "policy") -> str:
        """The text that is selected in an area."""
        script = "area => area.value.slice(area.selectionStart, area.selectionEnd)"
        return str(self.field(area).evaluate(script))


def tab(context: BrowserContext, address: str) -> Checker:
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    checker = Checker(page, address, complaints_of(context))
    page.on("request", lambda one: checker.asked.append(f"{one.url} {one.post_data or ''}"))
    return checker


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def fresh(context: BrowserContext, site_address: str) -> Checker:
    """A tab in which nothing has been loaded."""
    return tab(context, site_address)


@pytest.fixture(scope="module")
def kept(browser: Browser, site_address: str) -> Iterator[Checker]:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield tab(context, site_address).open(POLICY)
    context.close()


@pytest.fixture
def checker(kept: Checker) -> Iterator[Checker]:
    """One tab for several tests, whose Python runs already; it never complains."""
    kept.page.locator(".checker-buttons").get_by_text("Clear").click()
    kept.field("kind").select_option("auto")
    yield kept
    assert kept.complaints == []


def trust(subject: str, operator: str = "StringEquals") -> str:
    document = json.loads(CATALOG.render("trust-irsa-exact", "json"))
    condition = document["Statement"][0]["Condition"]
    name = f"{CATALOG.values['oidc_provider']}:sub"
    del condition["StringEquals"][name]
    condition.setdefault(operator, {})[name] = subject
    return json.dumps(document, indent=2)


class TestBefore:
    def test_nothing_is_loaded_before_it_is_used(self, fresh: Checker) -> None:
        for path in (POLICY, POD):
            fresh.open(path)
        loaded = [urlsplit(one).path for one in fresh.asked]
        assert [one for one in loaded if "/python/" in one and not one.endswith("python.js ")] == []
        assert [one for one in loaded if "checker.json" in one] == []
        fresh.field("text").focus()
        fresh.page.wait_for_event("request", lambda one: one.url.endswith("bundle.json"))

    def test_without_javascript_the_page_says_what_to_do(
        self, browser: Browser, site_address: str
    ) -> None:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        for path, command in ((POLICY, "podrole who trust.json"), (POD, "podrole doctor --error")):
            page.goto(site_address + path)
            assert page.get_by_text("This needs JavaScript").is_visible()
            assert command in page.locator("article").inner_text()
        context.close()


class TestPolicy:
    def test_a_picked_policy_is_asked_with_its_truth_table(self, checker: Checker) -> None:
        assert checker.pick("trust-irsa-exact").startswith("Allowed")
        assert "system:serviceaccount:orders:orders-api" in checker.field("policy").input_value()
        rows = checker.field("case")
        for option in rows.locator("option").all()[1:]:
            text = option.inner_text()
            rows.select_option(label=text)
            word = "Allowed" if text.endswith("(allowed)") else "Denied"
            assert checker.settled().startswith(word), text

    def test_a_pasted_policy_denies_says_why_and_allows_once_fixed(self, checker: Checker) -> None:
        wrong = "system:serviceaccount:orders:order-api"
        checker.write("policy", trust(wrong))
        checker.write("irsa-namespace", "orders")
        assert checker.write("irsa-serviceAccount", "orders-api").startswith("Denied")
        why = checker.page.locator(".checker-trace li").first.inner_text()
        assert "one edit away" in why
        assert wrong in why
        assert "system:serviceaccount:orders:orders-api" in why
        verdict = checker.write("policy", trust("system:serviceaccount:orders:orders-api"))
        assert verdict.startswith("Allowed")
        colours = "element => getComputedStyle(element).color"
        allowed = checker.verdict.locator("strong").evaluate(colours)
        assert checker.write("irsa-serviceAccount", "other").startswith("Denied")
        assert checker.verdict.locator("strong").evaluate(colours) != allowed

    def test_pod_identity_and_a_caller_ask_too(self, checker: Checker) -> None:
        checker.write("policy", CATALOG.render("trust-pod-identity", "yaml"))
        assert checker.page.get_by_label("A pod, by Pod Identity").is_checked()
        checker.write("pod-identity-namespace", "orders")
        checker.write("pod-identity-serviceAccount", "orders-api")
        checker.write("pod-identity-cluster", "demo")
        assert "not a cluster's ARN" in checker.page.locator(".checker-missing").inner_text()
        assert checker.field("pod-identity-cluster").get_attribute("aria-invalid") == "true"
        arn = "arn:aws:eks:us-west-2:111122223333:cluster/demo"
        assert checker.write("pod-identity-cluster", arn).startswith("Allowed")
        checker.write("policy", CATALOG.render("identity-s3-read", "json"))
        assert not checker.page.get_by_label("A pod, by IRSA").is_visible()
        checker.write("caller-principal", "arn:aws:sts::111122223333:assumed-role/orders-api/s")
        checker.write("caller-action", "s3:GetObject")
        bucket = CATALOG.values["bucket"]
        assert checker.write("caller-resource", f"arn:aws:s3:::{bucket}/in/1").startswith("Allowed")
        assert checker.write("caller-action", "s3:DeleteObject").startswith("Denied")

    def test_terraform_is_read_as_a_plan_and_its_language_is_told(self, checker: Checker) -> None:
        policy = trust("system:serviceaccount:orders:orders-api")
        hcl = 'resource "aws_iam_role" "app" {\n  assume_role_policy = jsonencode({})\n}\n'
        said = checker.write("policy", f"# the role of the pod\n{hcl}")
        for part in ("Terraform's HCL", "podrole lint FILE.tf", "terraform show -json"):
            assert part in said
        role = {"address": "aws_iam_role.app", "mode": "managed", "type": "aws_iam_role"}
        values = {"name": "app", "assume_role_policy": policy}
        resources = [{**role, "name": "app", "values": values}]
        plan = {
            "format_version": "1.2",
            "planned_values": {"root_module": {"resources": resources}},
        }
        checker.write("policy", json.dumps(plan))
        checker.write("irsa-namespace", "orders")
        assert checker.write("irsa-serviceAccount", "orders-api").startswith("Allowed")
        assert checker.write("irsa-serviceAccount", "other").startswith("Denied")

    def test_findings_name_a_line_and_select_it(self, checker: Checker) -> None:
        checker.write("policy", trust("system:serviceaccount:orders:*"))
        finding = checker.page.locator(".checker-findings li").first
        assert "Error" in finding.inner_text()
        assert "StringEquals" in finding.inner_text()
        finding.get_by_role("button").click()
        assert checker.selected().strip().startswith('"oidc.eks.')
        assert "orders:*" in checker.selected()
        link = finding.get_by_role("link").get_attribute("href") or ""
        answer = checker.page.request.get(link)
        assert answer.ok

    def test_who_can_assume_the_role(self, checker: Checker) -> None:
        checker.write("policy", trust("system:serviceaccount:orders:*", "StringLike"))
        who = checker.page.locator(".checker-who").inner_text()
        assert CATALOG.values["oidc_provider"] in who
        assert "any service account in namespace orders" in who

    def test_what_is_no_policy_gets_one_message_with_its_line(self, checker: Checker) -> None:
        text = trust(SUBJECT).replace('"Effect"', '"Efect"')
        verdict = checker.write("policy", text)
        assert "did you mean Effect?" in verdict
        checker.result.get_by_role("button").click()
        assert text.splitlines().index(checker.selected()) >= 3
        assert "not JSON: line 2" in checker.write("policy", '{"Version": "2012-10-17",\n "x')

    def test_a_file_is_loaded(self, checker: Checker, tmp_path: Path) -> None:
        path = tmp_path / "trust.json"
        path.write_text(trust(SUBJECT))
        checker.page.locator("input[type=file]").set_input_files(path)
        checker.page.wait_for_function("() => document.querySelector('[name=policy]').value")
        checker.settled()
        assert checker.field("policy").input_value() == trust(SUBJECT)

    def test_only_the_newest_question_is_answered(self, checker: Checker) -> None:
        checker.write("policy", trust(SUBJECT))
        checker.write("irsa-namespace", "orders")
        checker.page.evaluate(
            """() => {
                window.seen = [];
                new MutationObserver(() => seen.push(
                    document.querySelector('.checker-request')?.textContent.match(/orders:(a\\d+)/)?.[1]
                )).observe(document.querySelector('.checker-result'), { childList: true });
            }"""
        )
        area = checker.field("irsa-serviceAccount")
        for number in range(30):
            area.evaluate(
                "(field, value) => { field.value = value; "
                "field.dispatchEvent(new Event('input', { bubbles: true })); }",
                f"a{number}",
            )
        checker.settled()
        seen = [one for one in checker.page.evaluate("seen") if one]
        assert seen[-1] == "a29"
        assert len(seen) < 30


class TestLink:
    def test_a_copied_link_brings_all_of_it(self, checker: Checker, fresh: Checker) -> None:
        checker.pick("identity-assume-target")
        text = checker.field("policy").input_value()
        context = f"{checker.field('caller-context').input_value()}\naws:SourceArn={MARK}é"
        before = checker.write("caller-context", context)
        assert before.startswith("Allowed"), "together with the other side's trust policy"
        checker.page.get_by_role("button", name="Copy link").click()
        checker.page.get_by_text("Copied.").wait_for()
        link = checker.page.evaluate("navigator.clipboard.readText()")
        assert "#1=" in link
        assert MARK not in link
        fresh.page.goto(link, wait_until="networkidle")
        assert fresh.field("policy").input_value() == text
        assert fresh.field("caller-context").input_value() == context
        assert [one for one in fresh.asked if "bundle.json" in one] == [], "nobody has asked yet"
        fresh.page.get_by_role("button", name="Check it").click()
        assert fresh.settled().split("\n")[0] == before.split("\n")[0]
        assert fresh.complaints == []

    @pytest.mark.parametrize("fragment", ["#1=AAAA", "#1=%%%", "#2=AAAA", "#1=", "#1=eyJhIjoxfQ"])
    def test_a_broken_link_gives_a_notice_and_an_empty_form(
        self, fresh: Checker, fragment: str
    ) -> None:
        fresh.open(POLICY + fragment)
        notice = fresh.page.locator(".checker-notice")
        notice.wait_for()
        assert notice.inner_text().startswith("This link cannot be read")
        assert fresh.field("policy").input_value() == ""
        assert fresh.complaints == []

    def test_the_catalogue_opens_the_checker_with_its_policy(self, fresh: Checker) -> None:
        fresh.page.goto(f"{fresh.address}catalogue/trust-irsa-namespace/")
        fresh.page.get_by_role("link", name="Check this policy").click()
        fresh.page.get_by_role("button", name="Check it").click()
        assert fresh.settled().startswith("Allowed")
        assert "StringLike" in fresh.field("policy").input_value()

    def test_the_reader_s_own_values_are_in_it(self, fresh: Checker) -> None:
        fresh.page.goto(fresh.address)
        kept = {"version": 1, "values": {"namespace": "shop", "oidc_id": "A" * 32}}
        fresh.page.evaluate(
            "kept => localStorage.setItem('podrole.values', kept)", json.dumps(kept)
        )
        fresh.open(POLICY)
        assert fresh.pick("trust-irsa-exact").startswith("Allowed")
        assert "system:serviceaccount:shop:orders-api" in fresh.field("policy").input_value()
        assert f"/id/{'A' * 32}:sub" in fresh.field("policy").input_value()
        fresh.page.locator(".checker-buttons").get_by_text("Clear").click()
        assert fresh.field("irsa-namespace").input_value() == ""


class TestPod:
    def test_a_broken_pod_is_diagnosed_from_a_paste(
        self,
        fresh: Checker,
        ward: Ward,  # noqa: F811
    ) -> None:
        ward.setup.irsa_pod()
        role = {"RoleName": "orders-api"}
        wrong = ward.setup.irsa_trust("StringEquals", SUBJECT.replace("orders-api", MARK))
        ward.setup.iam.update_assume_role_policy(**role, PolicyDocument=json.dumps(wrong))
        fresh.open(POD)
        verdict = fresh.write("text", "\n".join(ward.outputs()))
        assert verdict.startswith("Broken")
        assert "trust policy" in verdict
        first = fresh.page.locator(".checker-first")
        assert first.count() == 1
        assert "refuses" in first.inner_text()
        assert MARK in first.inner_text()
        fix = first.get_by_role("link", name="trust-irsa-exact").get_attribute("href") or ""
        assert fresh.page.request.get(fix).ok
        right = ward.setup.irsa_trust()
        ward.setup.iam.update_assume_role_policy(**role, PolicyDocument=json.dumps(right))
        assert fresh.write("text", "\n".join(ward.outputs())).startswith("Nothing broken")
        self.error_is_recognised(fresh)
        self.nothing_has_left(fresh)

    def error_is_recognised(self, checker: Checker) -> None:
        said = "failed to retrieve credentials: Incorrect token audience"
        assert checker.write("text", f"{MARK} {said}").startswith("Recognised")
        checker.page.get_by_role("link", name="Proof and fix").click()
        checker.page.wait_for_url("**/howto/troubleshoot/#wrong-audience")
        assert checker.page.locator("#wrong-audience").is_visible()

    def nothing_has_left(self, checker: Checker) -> None:
        assert len(checker.asked) > 10
        for one in checker.asked:
            assert one.startswith((checker.address, "data:", "blob:"))
            assert MARK not in one
            assert one.endswith(" "), "a request with a body"
        assert any("policy.tar.xz" in one for one in checker.asked), "the worker's are seen too"
        assert checker.complaints == []

    def test_a_policy_leads_to_the_page_that_asks_it(self, fresh: Checker) -> None:
        fresh.open(POD)
        assert fresh.write("text", trust("system:serviceaccount:orders:*")).startswith("A policy")
        assert "orders" in fresh.result.inner_text()
        fresh.page.get_by_role("link", name="Ask it").click()
        fresh.page.wait_for_url("**/check/policy/#1=*")
        assert "system:serviceaccount:orders:*" in fresh.field("policy").input_value()


class TestExampleAndReload:
    @pytest.mark.parametrize(("path", "area"), [(POLICY, "policy"), (POD, "text")])
    def test_the_example_is_what_the_answer_says(
        self, fresh: Checker, path: str, area: str
    ) -> None:
        fresh.open(path)
        example = fresh.verdict.inner_text()
        assert not any("/python/" in one for one in fresh.asked)
        fresh.page.get_by_role("button", name="Answer the example").click()
        fresh.page.get_by_role("button", name="Answer the example").wait_for(state="detached")
        assert fresh.settled() == example
        text = fresh.field(area).input_value()
        fresh.page.reload(wait_until="networkidle")
        assert fresh.field(area).input_value() == text
        assert fresh.settled() == example
        fresh.page.goto(fresh.address, wait_until="networkidle")
        fresh.page.go_back(wait_until="networkidle")
        assert fresh.field(area).input_value() == text

    @pytest.mark.parametrize("width", [390, 1440])
    @pytest.mark.parametrize(("path", "area"), [(POLICY, "policy"), (POD, "text")])
    def test_nothing_moves(self, fresh: Checker, path: str, area: str, width: int) -> None:
        """Cumulative layout shift, from the first paint to the answer."""
        fresh.page.set_viewport_size({"width": width, "height": 844})
        fresh.page.add_init_script(
            "window.moved = 0; new PerformanceObserver(list => list.getEntries().forEach("
            "one => window.moved += one.hadRecentInput ? 0 : one.value))"
            ".observe({ type: 'layout-shift', buffered: true });"
        )
        fresh.open(path)
        fresh.write(area, trust(SUBJECT))
        assert fresh.page.evaluate("moved") < 0.1


class TestMinified:
    def test_a_finding_selects_its_place_in_one_long_line(self, fresh: Checker) -> None:
        fresh.open(POLICY)
        text = json.dumps(json.loads(trust("system:serviceaccount:orders:*")))
        text = text.replace('"Version"', '"Id": "' + "\U0001f600" * 300 + '", "Version"', 1)
        fresh.write("policy", text)
        fresh.page.locator(".checker-findings .checker-line").first.click()
        assert 0 < len(fresh.selected()) < 200
        assert json.loads(fresh.selected())


class TestTrouble:
    def test_a_python_that_dies_is_started_anew(self, fresh: Checker) -> None:
        fresh.page.add_init_script(
            "window.workers = []; window.Worker = class extends Worker { constructor(...all) "
            "{ super(...all); if (String(all[0]).startsWith('blob:')) workers.push(this); } };"
        )
        fresh.open(POLICY)
        fresh.write("policy", trust(SUBJECT))
        fresh.page.evaluate(
            "workers[0].terminate(), workers[0].postMessage = () => "
            "workers[0].dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }))"
        )
        fresh.write("irsa-namespace", "orders")
        assert fresh.write("irsa-serviceAccount", "orders-api").startswith("Allowed")
        notice = fresh.page.locator(".checker-notice").inner_text()
        assert notice == "Python stopped (out of memory) and starts again."
        assert fresh.page.evaluate("workers.length") == 2

    def test_a_load_that_fails_says_so_and_can_be_tried_again(self, fresh: Checker) -> None:
        fresh.open(POLICY)
        fresh.page.route("**/policy.tar.xz*", lambda route: route.abort())
        fresh.field("policy").fill(trust(SUBJECT))
        failed = fresh.page.locator(".checker-error")
        failed.wait_for()
        assert failed.inner_text().startswith("Python did not load")
        assert "podrole explain" in fresh.result.inner_text()
        fresh.page.unroute_all()
        fresh.page.get_by_role("button", name="Try again").click()
        assert fresh.settled()
        assert fresh.page.locator(".checker-who").is_visible()


class TestKeyboardAndPhone:
    def test_all_of_it_by_keyboard(self, fresh: Checker) -> None:
        fresh.open(POLICY)
        keyboard = fresh.page.keyboard
        focus = "() => document.activeElement.name || document.activeElement.textContent"

        def until(name: str) -> None:
            for _ in range(60):
                keyboard.press("Tab")
                if fresh.page.evaluate(focus) == name:
                    return
            pytest.fail(f"the Tab key does not reach {name}")

        until("pick")
        until("policy")
        keyboard.insert_text(trust("system:serviceaccount:orders:*"))
        until("mode")
        until("irsa-namespace")
        keyboard.type("orders")
        until("irsa-serviceAccount")
        keyboard.type("orders-api")
        assert fresh.settled().startswith("Denied")
        outline = "() => getComputedStyle(document.activeElement).outlineStyle"
        assert fresh.page.evaluate(outline) != "none"
        until("Clear")
        until("line 4")
        keyboard.press("Enter")
        assert '"Effect"' in fresh.selected() or "{" in fresh.selected()
        assert fresh.page.evaluate(focus) == "policy"

    def test_on_a_phone_the_answer_stays_in_sight(
        self, browser: Browser, site_address: str
    ) -> None:
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True
        )
        checker = tab(context, site_address).open(POLICY)
        checker.write("policy", trust(SUBJECT))
        checker.write("irsa-namespace", "orders")
        checker.field("policy").scroll_into_view_if_needed()
        assert checker.write("irsa-serviceAccount", "other").startswith("Denied")
        box = checker.verdict.locator("strong").bounding_box()
        assert box
        assert 0 < box["y"] < 844 - box["height"]
        width, shown = checker.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width <= shown
        assert checker.complaints == []
        context.close()

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_axe_finds_nothing_in_an_answer(
        self,
        checker: Checker,
        axe: str,
        scheme: Literal["light", "dark"],
    ) -> None:
        page = checker.page
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        toggle = page.get_by_title(f"Switch to {scheme} mode")
        if toggle.is_visible():
            toggle.click()
        page.evaluate(axe)
        checker.pick("trust-irsa-bad-star")
        assert page.evaluate(RUN_AXE) == []
        checker.write("irsa-namespace", "")
        checker.write("policy", "{")
        assert page.evaluate(RUN_AXE) == []

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_axe_finds_nothing_in_what_a_link_offers(
        self, browser: Browser, site_address: str, axe: str, scheme: Literal["light", "dark"]
    ) -> None:
        page = browser.new_page(color_scheme=scheme, reduced_motion="reduce")
        page.goto(f"{site_address}{POLICY}#pick=trust-irsa-exact")
        page.get_by_role("button", name="Check it").wait_for()
        page.evaluate(axe)
        assert page.evaluate(RUN_AXE) == []
        page.close()

    def test_a_screen_reader_hears_the_verdict_and_each_field_has_a_name(
        self, checker: Checker
    ) -> None:
        assert checker.verdict.get_attribute("role") == "status"
        unnamed = checker.page.evaluate(
            "() => [...document.querySelectorAll('.checker-form :is(input:not([hidden]), select, "
            "textarea)')].filter((one) => !one.labels.length).map((one) => one.name)"
        )
        assert unnamed == []
