"""A page of another origin, in a real browser, and a lab on ports of the same machine.

The page is given what it could at most get hold of: links that the operator has signed, and the
lab's addresses. It reads nothing and changes nothing.
"""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.refusing_proxy import RefusingProxy
from tests.lab.lab_process import client, control, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Frame, Page

REFUSAL = "lab: no web page may use it, and one asks"
SECRET = "what no page may read"
#: The page's host: another site, a subdomain of this machine's name, and the lab's own host.
ORIGINS = {"other site": "localhost", "attacker": "attacker.localhost", "other port": "127.0.0.1"}

FETCHES = """async attempts => {
    const found = {};
    for (const [name, [url, options]] of Object.entries(attempts))
        found[name] = await fetch(url, options).then(
            async answer => answer.type === "opaque" ? "opaque" : `read ${await answer.text()}`,
            () => "refused",
        );
    return found;
}"""
LOADS = """urls => Promise.all(urls.flatMap(url => ["img", "script", "iframe"].map(name =>
    new Promise(done => {
        const element = document.createElement(name);
        element.onload = () => done(`${name} loaded`);
        element.onerror = () => done(`${name} failed`);
        element.src = url;
        document.body.append(element);
    }))))"""
FORMS = """forms => Promise.all(forms.map(([method, action, type, fields], number) =>
    new Promise(done => {
        const frame = document.createElement("iframe");
        frame.name = `answer-${number}`;
        const form = document.createElement("form");
        Object.assign(form, { method, action, enctype: type, target: frame.name });
        for (const [name, value] of Object.entries(fields)) {
            const input = document.createElement("input");
            Object.assign(input, { name, value });
            form.append(input);
        }
        document.body.append(frame, form);
        frame.onload = () => done(number);
        form.submit();
    })))"""
SOCKETS = """urls => Promise.all(urls.map(url => new Promise(done => {
    const socket = new WebSocket(url);
    socket.onopen = () => done("open");
    socket.onerror = () => done("failed");
})))"""


class Target:
    """A lab with something to lose, and links to it."""

    def __init__(self, lab: dict[str, Any]) -> None:
        self.lab = lab
        self.s3, self.iam = client(lab, "s3", signature_version="s3v4"), client(lab, "iam")
        place = {"LocationConstraint": "us-west-2"}
        self.s3.create_bucket(Bucket="private", CreateBucketConfiguration=place)
        every = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "PUT", "DELETE"]}
        cors = {"CORSRules": [{**every, "AllowedHeaders": ["*"]}]}
        self.s3.put_bucket_cors(Bucket="private", CORSConfiguration=cors)
        self.s3.put_object(Bucket="private", Key="k", Body=SECRET, ContentType="text/html")
        self.iam.create_user(UserName="bob")
        kubeconfig = json.loads(Path(lab["kubeconfig"]).read_text())
        self.kubernetes = kubeconfig["clusters"][0]["cluster"]["server"]
        self.token = kubeconfig["users"][0]["user"]["token"]

    def signed(self, operation: str, key: str = "k") -> str:
        parameters = {"Bucket": "private", "Key": key}
        return str(self.s3.generate_presigned_url(operation, parameters))

    def call(self, operation: str, **parameters: str) -> str:
        """A signed link to a call of IAM, which a GET carries out."""
        return str(self.iam.generate_presigned_url(operation, parameters, HttpMethod="GET"))

    def state(self) -> Any:
        """All that a page could have changed."""
        request = urllib.request.Request(
            f"{self.lab['endpoint']}/_podrole/clock",
            data=b"{}",
            headers=control(self.lab),
        )
        with urllib.request.urlopen(request) as answer:
            day = json.load(answer)["now"][:10]
        keys = [item["Key"] for item in self.s3.list_objects_v2(Bucket="private")["Contents"]]
        body = self.s3.get_object(Bucket="private", Key="k")["Body"].read().decode()
        users = [user["UserName"] for user in self.iam.list_users()["Users"]]
        return day, keys, body, users, self.s3.list_buckets()["Buckets"]


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with serving("--metadata", "open") as lab:
        yield Target(lab)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server of empty pages."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>t</title><body></body>")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Empty) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def context(browser: "Browser", proxy: RefusingProxy) -> "Iterator[BrowserContext]":
    """A browser that would take the API server's certificate: its reader has said so."""
    settings: Any = {"server": proxy.address, "bypass": "127.0.0.1,localhost,.localhost"}
    context = browser.new_context(ignore_https_errors=True, proxy=settings)
    yield context
    context.close()


@pytest.fixture(params=ORIGINS.values(), ids=ORIGINS)
def page(
    request: pytest.FixtureRequest, context: "BrowserContext", port: int, target: Target
) -> "Iterator[Page]":
    """A page of the origin. Whatever it did, all is as it was."""
    page = context.new_page()
    page.goto(f"http://{request.param}:{port}/")
    before = target.state()
    yield page
    assert target.state() == before


def shown(where: "Page | Frame") -> str:
    return where.locator("body").inner_text().strip()


def test_fetch_reads_nothing(page: "Page", target: Target) -> None:
    lab, json_type = target.lab, {"Content-Type": "application/json"}
    review = {"request": {"uid": "1", "namespace": "default", "object": {"metadata": {}}}}
    admin = {"Authorization": f"Bearer {target.token}"}
    attempts: dict[str, tuple[str, dict[str, Any]]] = {
        "signed GET": (target.signed("get_object"), {}),
        "signed PUT": (target.signed("put_object", "new"), {"method": "PUT", "body": "x"}),
        "signed overwriting": (target.signed("put_object"), {"method": "PUT", "body": "x"}),
        "signed DELETE": (target.signed("delete_object"), {"method": "DELETE"}),
        "a user": (target.call("create_user", UserName="eve"), {}),
        "the users": (target.call("list_users"), {}),
        "reset": (f"{lab['endpoint']}/_podrole/reset", {"method": "POST", "headers": control(lab)}),
        "clock": (f"{lab['endpoint']}/_podrole/clock", {"method": "POST", "body": '{"days": 9}'}),
        "a pod": (f"{lab['endpoint']}/_podrole/pods/default/p", {"headers": control(lab)}),
        "credentials": (lab["agent"], {"headers": {"Authorization": "a.b.c"}}),
        "a node's token": (
            f"{lab['metadata']}/latest/api/token",
            {"method": "PUT", "headers": {"X-aws-ec2-metadata-token-ttl-seconds": "60"}},
        ),
        "cluster": (f"{target.kubernetes}/api/v1/secrets", {"headers": admin}),
        "version": (f"{target.kubernetes}/version", {}),
        "webhook": (
            lab["webhook"],
            {"method": "POST", "headers": json_type, "body": json.dumps(review)},
        ),
        "issuer": (f"{lab['endpoint']}/id/{'0' * 32}/keys", {}),
    }
    assert set(page.evaluate(FETCHES, attempts).values()) == {"refused"}
    # Without asking first: what comes back has no content for the page, and did nothing.
    simple = {
        name: (url, {**options, "mode": "no-cors", "headers": {}})
        for name, (url, options) in attempts.items()
        if options.get("method") in (None, "POST")
    }
    assert set(page.evaluate(FETCHES, simple).values()) == {"opaque"}


def test_images_scripts_and_frames_load_nothing(page: "Page", target: Target) -> None:
    urls = [target.signed("get_object"), target.call("create_user", UserName="eve")]
    found = page.evaluate(LOADS, urls)
    assert set(found) == {"img failed", "script failed", "iframe loaded"}
    assert [shown(frame) for frame in page.frames[1:]] == [REFUSAL] * len(urls)


def test_forms_are_refused(page: "Page", target: Target) -> None:
    usual = "application/x-www-form-urlencoded"
    json_in_text = {'{"request": {"uid": "': '", "object": {}}}'}
    forms: list[tuple[str, str, str, dict[str, str]]] = [
        ("post", target.call("create_user", UserName="eve"), usual, {"Action": "CreateUser"}),
        ("get", target.call("create_user", UserName="eve"), usual, {}),
        ("post", target.signed("put_object", "new"), "multipart/form-data", {"file": "x"}),
        ("post", f"{target.lab['endpoint']}/private", "multipart/form-data", {"key": "new"}),
        ("post", f"{target.lab['endpoint']}/_podrole/reset", "text/plain", {}),
        ("post", target.lab["webhook"], "text/plain", json_in_text),
        ("post", target.lab["agent"], usual, {}),
        ("post", target.lab["metadata"], usual, {}),
    ]
    page.evaluate(FORMS, forms)
    assert [shown(frame) for frame in page.frames[1:]] == [REFUSAL] * len(forms)


def test_sockets_and_beacons(page: "Page", target: Target) -> None:
    doors = [target.lab["endpoint"], target.lab["agent"], target.kubernetes]
    urls = [f"{door.replace('http', 'ws', 1)}/" for door in doors]
    assert page.evaluate(SOCKETS, urls) == ["failed"] * len(urls)
    reset = f"{target.lab['endpoint']}/_podrole/clock"
    with page.expect_response(reset) as answered:
        page.evaluate("url => navigator.sendBeacon(url, '{\"days\": 9}')", reset)
    assert answered.value.status == 403


def test_a_new_window_shows_the_refusal(page: "Page", target: Target) -> None:
    with page.expect_popup() as opened:
        page.evaluate("url => { open(url) }", target.signed("get_object"))
    assert shown(opened.value) == REFUSAL


def test_the_same_links_work_without_a_page(context: "BrowserContext", target: Target) -> None:
    """The control: a program, and a reader who types the address, get what the links lead to."""
    with urllib.request.urlopen(target.signed("get_object")) as answer:
        assert answer.read().decode() == SECRET
    typed = context.new_page()
    typed.goto(target.signed("get_object"))
    assert shown(typed) == SECRET
    # A page that came out of the lab itself is a page: it reads nothing either.
    there = {"call": (target.call("list_users"), {}), "control": ("/_podrole/pods/a/b", {})}
    assert set(typed.evaluate(FETCHES, there).values()) == {f"read {REFUSAL}\n"}
    with urllib.request.urlopen(target.call("create_user", UserName="carol")) as answer:
        assert b"<CreateUserResponse" in answer.read()
