"""Tests the page of `precall serve` as a person uses it: with a mouse, a keyboard, a telephone, and without JavaScript.

Usage: scripts/test-page.py BROWSER TARGET_FOLDER (scripts/test-page.sh calls it). Everything is on loopback.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

BROWSER, TARGET = sys.argv[1], Path(sys.argv[2]).resolve()
PICTURES = TARGET / "page"
# No sandbox: builds often run as root. The other flags keep the browser from sending requests to its maker.
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
EVIL = "<script>window.evil=1</script><img src=x onerror=window.evil=1>"
SECONDS = 1000
PHONE = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 900}


class Server:
    """`precall serve --example` with an invalid rule, on free ports."""

    def __init__(self, folder, *arguments):
        command = [TARGET / "debug/precall", "serve", "--example", "--listen", "127.0.0.1:0"]
        command += ["--dynamodb-listen", "127.0.0.1:0", *(arguments or ["--page", "127.0.0.1:0"])]
        env = {"PRECALL_RULES_FRESH_MS": "1"}
        self.process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        printed = ""
        for line in self.process.stderr:
            printed += line
            if "Ctrl-C stops" in line:
                break
        address = {name: re.search(rf"^{name}: +(http://[0-9.:]+)", printed, re.M) for name in ("Hook", "DynamoDB", "Page")}
        assert all(address.values()), printed
        self.hook, self.dynamodb, self.page = (match[1] for match in address.values())

    def put(self, **item):
        typed = {
            name: {"BOOL": value} if isinstance(value, bool) else {"N": str(value)} if isinstance(value, int) else {"S": value}
            for name, value in item.items()
        }
        headers = {
            "X-Amz-Target": "DynamoDB_20120810.PutItem",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": "AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/dynamodb/aws4_request, "
            "SignedHeaders=host, Signature=any",
            "X-Amz-Date": "20260101T000000Z",
        }
        body = json.dumps({"TableName": "precall-rules", "Item": typed}).encode()
        urllib.request.urlopen(urllib.request.Request(self.dynamodb, body, headers)).read()

    def call(self, to, key="example-key"):
        url = f"{self.hook}/?code={key}&from=%2B12125550100&to=%2B{to}"
        try:
            return urllib.request.urlopen(urllib.request.Request(url, method="POST")).read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


class Visit:
    """A browser's page that records forbidden requests, errors and dialogs."""

    def __init__(self, browser, server, **options):
        self.context = browser.new_context(**{"viewport": DESK, **options})
        self.context.set_default_timeout(10 * SECONDS)
        self.page = self.context.new_page()
        self.server = server
        self.wrong = []
        self.page.on("request", self.on_request)
        self.page.on("console", self.on_console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def on_request(self, request):
        if not request.url.startswith(self.server.page + "/"):
            self.wrong.append(f"request to {request.url}")

    def on_console(self, message):
        # Invalid input is a 400, and one check stops the server.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.wrong.append(f"console: {message.text}")

    def open(self, path="/"):
        self.page.goto(self.server.page + path)
        return self.page

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            assert not self.wrong, self.wrong
            if self.context.pages and self.page.url.startswith("http"):
                assert not self.page.evaluate("window.evil"), "the browser ran a rule's name"
        self.context.close()


def picture(page, name):
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


@check
def without_javascript_all_of_it_works(browser, server):
    with Visit(browser, server, java_script_enabled=False) as visit:
        page = visit.open()
        page.get_by_label("Callee").fill("(315) 555-0101")
        page.get_by_label("Caller").fill("2125550100")
        page.get_by_role("button", name="Evaluate").click()
        answer = page.locator("#answer")
        expect(answer).to_contain_text("+12125550100 calls +13155550101")
        expect(answer).to_contain_text('{"status":"REJECT","code":"603","reason":"Internal do-not-call list"}')
        expect(answer.get_by_role("row", name="dnc-internal")).to_contain_text("decides")
        expect(page.get_by_label("Callee")).to_have_value("(315) 555-0101")
        # The other form keeps the call.
        page.get_by_label("Place", exact=True).select_option("Texas (US-TX)")
        page.get_by_label("Calls", exact=True).select_option("Debt collection (us-debt, ca-debt)")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("#answer")).to_contain_text("dnc-internal")
        expect(page.get_by_role("heading", name="Texas (US-TX)")).to_be_visible()
        expect(page.locator("#grid-title")).to_contain_text("Debt collection (us-debt, ca-debt), Texas")
        page.get_by_role("link", name="Florida:").click()
        expect(page.get_by_role("heading", name="Florida (US-FL)")).to_be_visible()
        expect(page.locator("#grid-title")).to_contain_text("Debt collection (us-debt, ca-debt), Florida")
        expect(page.locator("#answer")).to_contain_text("dnc-internal")
        # There is no button that needs the script.
        expect(page.get_by_role("button", name="Pause")).to_have_count(0)
        server.call("13155550102")
        page.reload()
        expect(page.locator("#decisions-rows tr").first).to_contain_text("CHANGE_DESTINATION")


@check
def invalid_input_is_reported_in_the_answer_and_at_its_field(browser, server):
    for viewport in (DESK, PHONE):
        with Visit(browser, server, viewport=viewport) as visit:
            page = visit.open()
            page.get_by_label("Callee").fill("nobody")
            page.keyboard.press("Enter")
            answer = page.locator("#answer")
            expect(answer).to_contain_text("not a telephone number; write + and the country code")
            expect(answer).to_be_in_viewport()
            # The keyboard leads from the answer to the field.
            page.keyboard.press("Tab")
            expect(answer.get_by_role("link", name="Callee")).to_be_focused()
            page.keyboard.press("Enter")
            field = page.get_by_label("Callee")
            expect(field).to_be_focused()
            expect(field).to_be_in_viewport()
            expect(field).to_have_attribute("aria-invalid", "true")
            expect(field).to_have_accessible_description(re.compile("not a telephone number"))
            expect(field).to_have_value("nobody")
            picture(page, f"invalid-input-{viewport['width']}")


@check
def an_instant_is_tried_by_the_callees_clock(browser, server):
    with Visit(browser, server) as visit:
        page = visit.open()
        page.get_by_label("Callee").fill("+12085550100")
        # The callee may be in three zones, so the page asks for one.
        page.get_by_label("When").fill("2026-12-01T05:59")
        page.get_by_role("button", name="Evaluate").click()
        expect(page.locator("#answer")).to_contain_text("may be in America/Boise or America/Denver or America/Los_Angeles")
        page.locator("#clock").select_option("America/Boise")
        page.get_by_role("button", name="Evaluate").click()
        expect(page.locator("#answer")).to_contain_text("Tue 2026-12-01 12:59:00 UTC")
        expect(page.locator("#answer")).to_contain_text("US-ID; it is Tue 05:59 in America/Boise")
        expect(page.get_by_label("When")).to_have_value("2026-12-01T05:59")
        # The map is of that instant, when calls are unlawful nearly everywhere.
        expect(page.locator("#hours-shown")).to_contain_text("Where numbers may be called at Tue 2026-12-01 07:59 EST")
        expect(page.get_by_role("link", name="Idaho: may not be called")).to_be_visible()


@check
def invalid_rules_come_first_and_their_text_is_escaped(browser, server):
    with Visit(browser, server) as visit:
        page = visit.open()
        expect(page.locator("#rules [role=alert]")).to_contain_text("1 rule is invalid. Correct the first rows")
        first = page.locator("#rules tbody tr").first
        expect(first.get_by_role("rowheader")).to_have_text(EVIL)
        expect(first).to_contain_text("is not a status; write PROCEED, REJECT or CHANGE_DESTINATION")
        assert page.locator("#rules img").count() == 0
        picture(page, "desk")


@check
def new_decisions_appear_and_can_be_paused(browser, server):
    with Visit(browser, server) as visit:
        page = visit.open()
        rows, state = page.locator("#decisions-rows tr"), page.locator("#follow-state")
        expect(state).to_have_text("Live.")
        before = rows.count()
        server.call("13155550101")
        expect(rows).to_have_count(before + 1)
        expect(rows.first).to_contain_text("dnc-internal")
        expect(rows.first).to_contain_text("+1315*******")
        page.get_by_role("button", name="Pause").click()
        expect(state).to_have_text("Paused.")
        server.call("13155550102")
        page.wait_for_timeout(1.5 * SECONDS)
        expect(rows).to_have_count(before + 1)
        page.get_by_role("button", name="Resume").click()
        expect(rows).to_have_count(before + 2)
        expect(rows.first).to_contain_text("moved")
        # Many at once: each is shown once, and at most a hundred.
        for _ in range(105):
            server.call("13155550100")
        server.call("13155550101", key="wrong")
        expect(rows.first).to_contain_text("unknown_key")
        expect(rows).to_have_count(100)


@check
def a_page_that_stays_open_survives_a_restart(browser, _):
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        server.call("13155550101")
        try:
            with Visit(browser, server) as visit:
                page = visit.open()
                expect(page.locator("#decisions-rows tr")).to_have_count(1)
                server.stop()
                state = page.locator("#follow-state")
                expect(state).to_have_text("precall does not answer; retrying.")
                again = Server(folder, "--page", server.page.removeprefix("http://"))
                server.process = again.process
                again.call("13155550102")
                expect(state).to_have_text("Live.")
                expect(page.locator("#decisions-rows tr")).to_have_count(2)
                expect(page.locator("#decisions-rows tr").first).to_contain_text("moved")
        finally:
            server.stop()


@check
def the_map_follows_the_clock_and_keeps_the_focus(browser, server):
    with Visit(browser, server) as visit:
        visit.page.clock.install()
        page = visit.open("/?place=US-NY")
        expect(page.locator("#hours-shown h3")).to_contain_text("New York")
        page.locator("#tile-US-OH").focus()
        page.evaluate("document.querySelector('#hours-shown').dataset.old = '1'")
        page.clock.fast_forward(61 * SECONDS)
        expect(page.locator("#hours-shown:not([data-old])")).to_be_visible()
        expect(page.locator("#hours-shown h3")).to_contain_text("New York")
        expect(page.locator("#tile-US-OH")).to_be_focused()
    with Visit(browser, server) as visit:
        # The map of another instant does not change.
        visit.page.clock.install()
        page = visit.open("/?to=3155550100&at=2026-12-01T08:00")
        page.evaluate("document.querySelector('#hours-shown').dataset.old = '1'")
        page.clock.fast_forward(200 * SECONDS)
        page.wait_for_timeout(SECONDS / 2)
        expect(page.locator("#hours-shown[data-old]")).to_be_visible()


FOCUSED = """() => {
  const on = document.activeElement, style = getComputedStyle(on), box = on.getBoundingClientRect();
  return { id: on.id, name: on.textContent.trim().slice(0, 20), tag: on.tagName, outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 1,
    seen: box.width > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight };
}"""


@check
def the_keyboard_reaches_everything(browser, server):
    with Visit(browser, server) as visit:
        page = visit.open()
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the page's content")).to_be_focused()
        expect(page.get_by_role("link", name="Skip to the page's content")).to_be_in_viewport()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_label("Callee")).to_be_focused()
        page.keyboard.type("3155550102")
        page.keyboard.press("Tab")
        page.keyboard.type("2125550100")
        page.keyboard.press("Enter")
        expect(page.locator("#answer")).to_contain_text("CHANGE_DESTINATION")
        expect(page.locator("#answer")).to_be_in_viewport()
        # Each focused element is visible, all are reached, and the order ends.
        page.goto(server.page + "/?to=3155550102&place=US-TN")
        stops = []
        for _ in range(200):
            page.keyboard.press("Tab")
            stop = page.evaluate(FOCUSED)
            if stop["tag"] == "BODY":
                break
            assert stop["outline"] and stop["seen"], stop
            stops.append(stop["id"] or stop["name"])
        for wanted in ("to", "from", "at", "clock", "client", "about", "place", "zone", "tile-US-AK", "tile-VI", "follow-pause"):
            assert wanted in stops, (wanted, stops)
        # A place of the map is a link.
        page.locator("#tile-CA-ON").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Ontario (CA-ON)")).to_be_visible()
        # The arrow keys scroll a table that is too wide.
        page.set_viewport_size(PHONE)
        grid = page.locator("#hours-shown .scrollable")
        grid.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(SECONDS / 2)
        assert grid.evaluate("(on) => on.scrollLeft") > 0


@check
def the_page_is_readable_on_a_telephone(browser, server):
    for width in (320, 390):
        with Visit(browser, server, viewport={**PHONE, "width": width}, has_touch=True, is_mobile=True, device_scale_factor=2) as visit:
            for path in ("/", "/?to=3155550102&from=2125550100&place=US-TX", "/?to=x"):
                page = visit.open(path)
                width_of_all = page.evaluate("document.documentElement.scrollWidth")
                assert width_of_all <= width, f"{path} is {width_of_all} px wide on {width}"
                small = page.evaluate(
                    """() => [...document.querySelectorAll('a, button, input, select')]
                        .map((on) => [on.id || on.textContent, on.getBoundingClientRect()])
                        .filter(([, box]) => box.width > 0 && box.right > 0 && (box.width < 24 || box.height < 24))
                        .map(([name, box]) => `${name} ${box.width}x${box.height}`)"""
                )
                assert not small, f"too small to touch: {small}"
                fonts = page.evaluate(
                    """() => [...document.querySelectorAll('p, dd, td, th, label, a, li')]
                        .filter((on) => on.textContent.trim() && on.getBoundingClientRect().width > 1)
                        .map((on) => parseFloat(getComputedStyle(on).fontSize))"""
                )
                assert min(fonts) >= 11, min(fonts)
            page = visit.open("/?to=3155550102&from=2125550100&place=US-TX")
            # Cells have the name of their column.
            label = page.locator("#rules tbody td").first.evaluate("(on) => getComputedStyle(on, '::before').content")
            assert label == '"Number"', label
            picture(page, f"phone-{width}")


@check
def axe_finds_no_barriers(browser, server):
    """Runs axe's rules in both colour schemes, on a desk and a telephone, in each state of the page."""
    found = []
    for scheme in ("light", "dark"):
        for viewport in (DESK, PHONE):
            with Visit(browser, server, color_scheme=scheme, viewport=viewport) as visit:
                for path in (
                    "/",
                    "/?to=3155550101&from=2125550100&place=US-FL",
                    "/?to=3155550102&at=2026-12-01T08:30",
                    "/?to=nobody&about=debt",
                ):
                    page = visit.open(path)
                    results = Axe().run(page, options={"resultTypes": ["violations", "incomplete"]}).response
                    for rule in results["violations"]:
                        nodes = [f"{node['html'][:120]} {node['any'][0]['message'] if node['any'] else ''}" for node in rule["nodes"][:3]]
                        found.append(f"{scheme} {viewport['width']} {path} {rule['id']}: {rule['help']} {nodes}")
                    assert results["passes"], "axe checked nothing"
                if viewport == DESK:
                    page = visit.open("/?to=3155550102&from=2125550100&at=2026-12-01T08:30&place=US-TN")
                    picture(page, f"desk-{scheme}")
                    picture(visit.open("/?to=3155550102&at=2026-12-01T08:30"), f"map-{scheme}")
    assert not found, "\n".join(found)


@check
def forced_colours_keep_lawful_and_unlawful_apart(browser, server):
    with Visit(browser, server, forced_colors="active") as visit:
        page = visit.open("/?to=3155550102&at=2026-12-01T08:30")
        ground = "(on) => getComputedStyle(on).backgroundColor"
        lawful = page.locator(".map .lawful").first.evaluate(ground)
        unlawful = page.locator(".map .unlawful").first.evaluate(ground)
        assert lawful != unlawful, lawful


@check
def the_page_as_its_documentation_shows_it(browser, _):
    """Makes the picture that is docs/page.png."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        try:
            server.put(number="+13155550107", rule="closed", status="REJCT", hours="!09:00-17:00", priority=1)
            for to in ("13155550101", "13155550102", "13155550100"):
                server.call(to)
            with Visit(browser, server, viewport={"width": 1000, "height": 900}) as visit:
                page = visit.open("/?to=%2B13155550102&from=%2B12125550100&at=2026-12-01T08:30&place=US-TN")
                expect(page.locator("#decisions-rows tr")).to_have_count(3)
                expect(page.locator("#rules [role=alert]")).to_contain_text("1 rule is invalid")
                expect(page.locator("#answer")).to_contain_text("+13605550112")
                expect(page.get_by_role("heading", name="Tennessee (US-TN): in part")).to_be_visible()
                picture(page, "docs")
        finally:
            server.stop()


def main():
    PICTURES.mkdir(parents=True, exist_ok=True)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(folder)
        try:
            server.put(number="*", rule=EVIL, status='"><img src=x>', priority=100)
            for to in ("13155550101", "13155550102", "13155550100"):
                server.call(to)
            browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
            for function in CHECKS:
                name = function.__name__.replace("_", " ")
                began = time.monotonic()
                try:
                    function(browser, server)
                    passed += 1
                    print(f"ok      {name} ({time.monotonic() - began:.1f} s)", flush=True)
                except Exception:
                    failed += 1
                    print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
            browser.close()
        finally:
            server.stop()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
