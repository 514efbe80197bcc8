#!/usr/bin/env python3
"""Opens HTML reports in headless Chromium and uses them as people do: pointer, keyboard, dark, narrow, printed, script off.

Every number on the page is compared with what sqlite3 prints for the section it names, and with the JSON report.
usage: page.py CLPROF [FOLDER for screenshots]. Exit 77: skipped, the reason is printed.
"""
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import chromium
from page_trace import make_trace

TESTS = pathlib.Path(__file__).resolve().parent
ROOT = TESTS.parent.parent
SECTIONS = "summary fix operators map round-trips timeline conversions steps places run".split()
INTERACTIVE_S = 30  # generous: the machine may be busy; the goal of 1 s is bench/run.py's to hold


class Failed(Exception):
    pass


def expect(condition, text):
    if not condition:
        raise Failed(text)


class Case:
    """One trace, its page and its JSON report."""

    def __init__(self, browser, program, trace, folder):
        self.browser, self.trace, self.name = browser, trace, trace.stem
        self.page = folder / f"{trace.stem}.html"
        subprocess.run([program, "report", trace, "--format", "html", "-o", self.page], check=True)
        report = subprocess.run([program, "report", trace, "--format", "json"], check=True, capture_output=True, text=True)
        self.json = json.loads(report.stdout)
        self.text = self.page.read_text()

    def open(self, scheme="light", width=1240):
        self.browser.size(width, 900)
        self.browser.scheme(scheme)
        self.browser.open(self.page)
        self.browser.run((TESTS / "page_checks.js").read_text() + "; 0")

    def section(self, name):
        """Rows of a section as sqlite3 prints them."""
        sql = (ROOT / "reports/sections" / f"{name}.sql").read_text()
        done = subprocess.run(["sqlite3", "-bail", "-json", self.trace], input=sql.encode(), check=True, capture_output=True)
        return json.loads(done.stdout.decode(errors="replace") or "[]")


def complaints(browser):
    """Console messages, exceptions and refusals (of the page's policy, of the network) since the page was opened."""
    browser.run("new Promise((done) => setTimeout(done, 50))")
    kinds = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening")
    return [event for event in browser.events if event.get("method") in kinds]


def requests(browser):
    return [event["params"]["request"]["url"] for event in browser.events if event.get("method") == "Network.requestWillBeSent"]


def is_quiet_and_alone(case):
    case.open()
    expect(not complaints(case.browser), f"the browser complains: {json.dumps(complaints(case.browser))[:600]}")
    expect(all(url == case.page.resolve().as_uri() for url in requests(case.browser)), f"asks for {requests(case.browser)}")
    expect(not re.search(r"(https?:)?//[a-z]|\bsrc=|@import|url\(|<link|<iframe|<object", re.sub(r"<pre.*?</pre>", "", case.text, flags=re.S)),
           "the page names something outside of itself")
    expect("unsafe" not in case.text.split("</head>")[0].split("<title>")[0], "the policy allows inline code")
    case.browser.run("document.body.insertAdjacentHTML('beforeend', '<img id=intruder src=x onerror=\"window.intruded=1\">'); 0")
    case.browser.run("const s = document.createElement('script'); s.text = 'window.intruded = 2'; document.body.append(s); 0")
    case.browser.run("new Promise((done) => setTimeout(done, 50))")
    expect(case.browser.run("window.intruded === undefined"), "injected script runs in spite of the policy")


def is_soon_interactive(case):
    case.open()
    case.browser.until("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    seconds = case.browser.run("performance.getEntriesByType('navigation')[0].loadEventEnd / 1000")
    print(f"  {case.name}: {len(case.text) / 1e6:.2f} MB, interactive after {seconds:.2f} s")
    expect(0 < seconds < INTERACTIVE_S, f"interactive only after {seconds:.1f} s")
    expect(len(case.text.encode()) < 1_000_000, "the page of one model is over 1 MB")


def has_all_sections(case):
    case.open()
    expect(case.browser.run("[...document.querySelectorAll('main > section')].map((s) => s.id)") == SECTIONS, "sections are missing")
    for name in SECTIONS:
        expect(case.browser.run(f"checks.visible(document.getElementById('{name}'))"), f"{name} is not to be seen")
        expect(case.browser.run(f"document.querySelectorAll('#{name} details.sql pre').length") > 0, f"{name} does not show its SQL")
    expect("{{" not in case.text, "the template has a hole")
    rows = re.findall(r"^SECTION\((\w+), FOR_(REPORT|TEXT|HTML)\)", (ROOT / "reports/sections.def").read_text(), re.M)
    shown = case.browser.run("[...document.querySelectorAll('details.sql pre')].map((p) => p.id.slice(4))")
    expect(set(shown) == {name for name, _ in rows} - {"findings"}, f"queries on the page: {shown}")  # findings are JSON's and CSV's
    for name in shown:
        expect(case.browser.run(f"document.getElementById('sql-{name}').textContent") == (ROOT / f"reports/sections/{name}.sql").read_text(), f"the SQL of {name}")


def same(page, truth):
    if page is None or truth is None or isinstance(truth, str):
        return page is None and (truth is None or isinstance(truth, str))
    return math.isclose(page, truth, rel_tol=1e-12, abs_tol=1e-12)


def numbers_are_sqlites(case):
    """Each cell and figure of the page against its section; each section that the page names has at least one."""
    case.open()
    tables, seen = {}, set()
    for section, row, column, value, text in case.browser.run("checks.figures()"):
        rows = tables.setdefault(section, case.section(section) if section not in tables else None)
        expect(row < len(rows) and column in rows[row], f"{section}: no row {row} with {column}")
        truth = rows[row][column]
        if text is None:
            expect(same(value, truth), f"{section} row {row} {column}: the page says {value}, sqlite3 {truth}")
        elif truth is not None:
            words = re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", "\ufffd", str(truth))
            expect(words in text or words == "", f"{section} row {row} {column}: the page says {text!r}, sqlite3 {truth!r}")
        seen.add((section, row))
    for section, rows in tables.items():
        shown = sum(1 for name, _ in seen if name == section)
        expect(section == "summary" or shown == len(rows), f"{section}: {shown} of {len(rows)} rows are on the page")
    data = json.loads(re.search(r'id="report-data">(.*?)</script>', case.text, re.S).group(1))
    for section in ("timeline", "timeline_conversions", "timeline_kernels"):
        rows = case.section(section)
        expect(len(rows) == len(data[section]["rows"]), f"{section}: {len(data[section]['rows'])} rows, sqlite3 has {len(rows)}")
        for mine, truth in zip(data[section]["rows"], rows):
            for column, value in zip(data[section]["columns"], mine):
                equal = same(value, truth[column]) if isinstance(value, (int, float)) else value == truth[column] or (
                    isinstance(value, str) and "\ufffd" in value)
                expect(equal, f"{section} {column}: the page says {value!r}, sqlite3 {truth[column]!r}")
    trips = case.section("paths")
    expect(case.browser.run("document.querySelectorAll('.path li').length") == len(trips), "members of round trips are missing")
    expect(case.browser.run("document.querySelectorAll('details.trip').length") == len({t["round_trip_id"] for t in trips}), "round trips are missing")
    run = case.section("run")[0]
    for column, text in case.browser.run("[...document.querySelectorAll('dl[data-section=run] dd[data-c]')].map((d) => [d.dataset.c, d.textContent])"):
        expect(text == ("unknown" if run[column] in (None, "") else str(run[column])), f"run {column}: the page says {text!r}")
    notes = [re.sub(r"[^\w .,;:%-]", "", note["text"]) for note in case.section("notes")]
    shown = case.browser.run("[...document.querySelectorAll('#run li')].map((li) => li.textContent)")
    expect([re.sub(r"[^\w .,;:%-]", "", text) for text in shown] == notes, f"notes: {shown}")
    return [*sorted(tables), "run", "notes", "paths", "timeline", "timeline_conversions", "timeline_kernels"]


def numbers_are_the_jsons(case):
    case.open()
    shown = {(s, r, c): v for s, r, c, v, text in case.browser.run("checks.figures()") if text is None}
    report = case.json
    pairs = [("images_per_s", report["throughput"]["images_per_s"]), ("step_ms", report["step_ms"]["median"]),
             ("conversions_per_step", report["conversions"]["per_step"]), ("round_trips_per_step", report["round_trips_per_step"]),
             ("lost_percent", report["lost_percent_total"]["value"])]
    for column, truth in pairs:
        expect(same(shown["summary", 0, column], truth), f"{column}: the page says {shown['summary', 0, column]}, JSON {truth}")
    findings = {f["finding_id"]: f for f in report["findings"]}
    for row, operator in enumerate(case.section("operators")):
        finding = findings[operator["finding_id"]]
        for column in ("conversions_per_step", "round_trips_per_step", "lost_percent"):
            expect(same(shown["operators", row, column], finding[column]), f"{column} of finding {operator['finding_id']}")
        won = (finding["verification"] or {}).get("gain_percent")
        expect(same(shown["operators", row, "verified_percent"], won), f"verified gain of finding {operator['finding_id']}")
    for row, step in enumerate(report["fix_order"]):
        expect(same(shown["fix_order", row, "lost_percent_cumulative"], step["lost_percent_cumulative"]), f"fix {row + 1}")
    for row, cause in enumerate(case.section("conversions")):
        expect(same(shown["conversions", row, "ms_per_step"], report["conversions"]["by_cause"][cause["cause"]]["ms_per_step"]), "a cause")


def verdict_says_it(case):
    """One sentence with the number, its interval, and whether it was measured."""
    case.open()
    text = case.browser.run("document.querySelector('.headline').textContent")
    summary = case.section("summary")[0]
    bad = any(o["verdict"] in ("thrash", "slow_kernel") for o in case.section("operators"))
    expect(case.browser.run("document.querySelector('.verdict').className") == ("verdict bad" if bad else "verdict good"), "the mood")
    if not bad:
        return
    expect(text.count(". ") == 0 and text.endswith("."), f"not one sentence: {text}")
    verified = summary["verified_percent"] is not None
    expect(text.startswith("Verified: " if verified else "Estimated, not yet verified: "), text)
    expect(re.search(r"\d % faster \[\d[\d.]*, \d[\d.]*\]", text), f"no number with its interval: {text}")
    expect(case.browser.run("document.querySelector('.verdict .number > span').textContent") == ("verified" if verified else "estimated"), "the number's origin")


def tables_sort(case):
    case.open()
    browser, order = case.browser, lambda: browser.run("checks.column('operator-table', 3)")
    before = order()
    place = browser.run("checks.box('#operator-table thead th:nth-child(4) button')")
    browser.click(place["left"] + place["width"] / 2, place["top"] + place["height"] / 2)
    expect(browser.until("document.querySelector('#operator-table th:nth-child(4)').ariaSort === 'descending'"), "no aria-sort after a click")
    numbers = [float(v) for v in order() if v != ""]
    expect(numbers == sorted(numbers, reverse=True) and sorted(before) == sorted(order()), "a click does not sort")
    browser.key("Enter", text="\r", number=13)
    expect(browser.until("document.querySelector('#operator-table th:nth-child(4)').ariaSort === 'ascending'"), "no aria-sort after Enter")
    numbers = [float(v) for v in order() if v != ""]
    expect(numbers == sorted(numbers), "Enter on the focused head does not sort the other way")
    browser.run("document.querySelector('#operator-table th:nth-child(1) button').focus(); 0")
    browser.key(" ", "Space", " ", 32)
    browser.until("document.querySelector('#operator-table th:nth-child(1)').ariaSort === 'ascending'")
    names = [t.lower() for t in browser.run("checks.column('operator-table', 0)")]
    expect(names == sorted(names), "names do not sort")


def tables_filter(case):
    case.open()
    browser, rows = case.browser, case.section("operators")
    browser.run("document.querySelector('#operators input').focus(); 0")
    browser.call("Input.insertText", text="convolution")
    browser.until("document.querySelector('#operators .count').textContent.includes(' of ')")
    shown = browser.run("checks.column('operator-table', 0)")
    expect(0 < len(shown) < len(rows) and all("convolution" in name for name in shown), f"the filter shows {shown}")
    expect(browser.run("document.querySelector('#operators .count').textContent") == f"{len(shown)} of {len(rows)} operators", "the count")
    browser.run("document.querySelector('#operators input').value = ''; document.querySelector('#operators select').value = 'clean';"
                "document.querySelector('#operators select').dispatchEvent(new Event('change')); 0")
    clean = sum(row["verdict"] == "clean" for row in rows)
    expect(len(browser.run("checks.column('operator-table', 0)")) in (clean, len(rows)), "the list of verdicts does not filter")


def timeline_moves(case):
    case.open()
    browser = case.browser
    box = browser.run("checks.box('#canvas')")
    browser.run("checks.first = checks.picture(); document.getElementById('canvas').focus({ preventScroll: true }); 0")
    changed, whole = "checks.picture() !== checks.first", "checks.picture() === checks.first"
    browser.key("+", "Equal", "+", 187)
    expect(browser.until(changed), "+ does not zoom")
    browser.run("checks.zoomed = checks.picture(); 0")
    browser.key("ArrowRight", number=39)
    expect(browser.until("checks.picture() !== checks.zoomed"), "an arrow does not move")
    browser.key("0", "Digit0", "0", 48)
    expect(browser.until(whole), "0 does not show the whole step")
    browser.mouse("mouseWheel", box["left"] + box["width"] / 2, box["top"] + 60, deltaX=0, deltaY=-120, modifiers=2)
    expect(browser.until(changed), "Ctrl + wheel does not zoom")
    browser.run("document.querySelector('[data-zoom=all]').click(); 0")
    expect(browser.until(whole), "the button does not show the whole step")
    browser.key("n", "KeyN", "n", 78)
    expect(browser.until("document.getElementById('details').textContent.includes('Conversion ')"), "n does not choose a conversion")
    for _ in range(8):
        browser.key("+", "Equal", "+", 187)
    place = browser.run("""(() => { const lane = clprof.timeline.lanes.find((l) => l.kind === "operator");
        const widest = [...lane.items].sort((a, b) => (b.box?.[2] ?? 0) - (a.box?.[2] ?? 0))[0];
        return { x: widest.box[0] + widest.box[2] / 2, y: widest.box[1] + 5, name: widest.name }; })()""")
    box = browser.run("checks.box('#canvas')")
    browser.mouse("mouseMoved", box["left"] + place["x"], box["top"] + place["y"])
    browser.until("!document.getElementById('tip').hidden")
    tip = browser.run("[document.getElementById('tip').hidden, document.getElementById('tip').textContent]")
    expect(tip[0] is False and place["name"] in tip[1], f"pointing shows {tip}")


def folds_unfold(case):
    """A link in the table opens the operator's section; Enter closes it."""
    case.open()
    browser = case.browser
    if browser.run("document.querySelectorAll('details.operator').length") == 0:
        return
    browser.run("document.querySelectorAll('details.operator').forEach((d) => { d.open = false; }); 0")
    target = browser.run("document.querySelector('#operator-table a').hash")
    browser.run("document.querySelector('#operator-table a').focus(); 0")
    browser.key("Enter", text="\r", number=13)
    expect(browser.until(f"document.querySelector('{target}').open"), "the link does not unfold the section")
    browser.run(f"document.querySelector('{target} summary').focus(); 0")
    browser.key("Enter", text="\r", number=13)
    expect(browser.until(f"!document.querySelector('{target}').open"), "Enter does not fold it")


def map_shows_stripes(case):
    case.open()
    rows = case.section("layout_map")
    for side in ("forward", "backward"):
        truth = [row[f"{side}_format"] for row in rows]
        column = 1 if side == "forward" else 4
        expect(case.browser.run(f"checks.column('map-table', {column})") == [f or "" for f in truth], f"{side}: formats")
    expect(case.browser.run("document.querySelectorAll('#ribbon .mark').length") ==
           sum((row[f"{side}_conversions"] or 0) > 0 for row in rows for side in ("forward", "backward")), "marks of conversions")
    box = case.browser.run("checks.box('#ribbon')")
    case.browser.click(box["left"] + box["width"] - 2, box["top"] + 10)
    expect(case.browser.until(f"document.querySelector('#map-table tr.here')?.dataset.row === '{len(rows) - 1}'"), "the ribbon leads nowhere")


def dark_is_dark(case):
    case.open("light")
    light = case.browser.run("checks.first = checks.picture(); getComputedStyle(document.body).backgroundColor")
    case.browser.scheme("dark")
    expect(case.browser.until("checks.picture() !== checks.first"), "the timeline keeps its light colours")
    dark = case.browser.run("getComputedStyle(document.body).backgroundColor")
    brightness = [sum(int(n) for n in re.findall(r"\d+", colour)[:3]) for colour in (light, dark)]
    expect(brightness[0] > 700 > 150 > brightness[1], f"backgrounds {light}, {dark}")


def is_legible(case):
    for scheme in ("light", "dark"):
        case.open(scheme)
        case.browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; }); 0")
        pale = case.browser.run("checks.pale()")
        expect(pale["count"] > 50 and not pale["bad"], f"{scheme}: too little contrast: {pale['bad']}")


def is_accessible(case):
    case.open()
    browser = case.browser
    headings = browser.run("checks.headings()")
    expect(headings["ones"] == 1 and headings["first"] == 1 and headings["skips"] == 0, f"headings: {headings}")
    expect(browser.run("[document.documentElement.lang, document.title !== '', document.querySelectorAll('main').length]") == ["en", True, 1], "language, title, main")
    expect(not browser.run("checks.nameless()"), f"without a name: {browser.run('checks.nameless()')}")
    expect(not browser.run("checks.unreachable()"), f"no key leads to {browser.run('checks.unreachable()')}")
    tree = browser.call("Accessibility.getFullAXTree")["nodes"]
    for node in tree:
        facts = {p["name"]: p["value"].get("value") for p in node.get("properties", [])}
        if not node.get("ignored") and facts.get("focusable") and node["role"]["value"] not in ("RootWebArea", "generic", "code", "pre"):
            expect(node.get("name", {}).get("value"), f"a {node['role']['value']} has no name")


def tab_goes_everywhere(case):
    """From the first to the last, in order, without a trap."""
    case.open()
    browser = case.browser
    count = browser.run("checks.operable().forEach((e, i) => { e.dataset.stop = i; }); checks.operable().length")
    if count > 150:
        return
    stops = []
    for _ in range(count):
        browser.key("Tab", number=9)
        stops.append(browser.run("Number(document.activeElement.dataset.stop ?? -1)"))
    expect(stops == list(range(count)), f"Tab goes {stops[:20]}... of {count}")


def fits_narrow_screens(case):
    case.open(width=360)
    expect(case.browser.run("document.scrollingElement.scrollWidth") <= 360, "the page scrolls sideways on a phone")


def prints(case):
    """On paper: light, no controls, operators unfolded."""
    case.open("dark")
    browser = case.browser
    browser.scheme("dark", media="print")
    facts = browser.run("[getComputedStyle(document.body).backgroundColor, checks.visible(document.querySelector('nav')), checks.visible(document.querySelector('.sql'))]")
    expect(facts == ["rgb(255, 255, 255)", False, False], f"print: {facts}")
    browser.run("window.dispatchEvent(new Event('beforeprint')); 0")
    expect(browser.run("document.querySelectorAll('details.operator:not([open])').length") == 0, "operators stay folded on paper")
    browser.run("window.dispatchEvent(new Event('afterprint')); 0")
    expect(browser.run("!document.documentElement.classList.contains('printing')"), "the page stays as on paper")
    pdf = browser.call("Page.printToPDF", printBackground=True)["data"]
    expect(len(pdf) > 10000, "an empty print")


def works_without_script(case):
    case.browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        case.browser.open(case.page)
        document = case.browser.call("DOM.getDocument")["root"]["nodeId"]
        count = lambda selector: len(case.browser.call("DOM.querySelectorAll", nodeId=document, selector=selector)["nodeIds"])
        expect(count("main > section") == len(SECTIONS) and count("#operator-table tbody tr") == len(case.section("operators")), "sections")
        expect(count("html.scripted") == 0 and count("noscript") == 1, "script is not off")
    finally:
        case.browser.call("Emulation.setScriptExecutionDisabled", value=False)


def hostile_names_stay_text(case):
    case.open()
    browser = case.browser
    expect(browser.run("[document.scripts.length, document.querySelectorAll('img, iframe, object, link, svg a').length]") == [2, 0], "foreign elements")
    expect(not [e for e in browser.events if e.get("method") == "Page.javascriptDialogOpening"], "a name opened a dialog")
    expect(browser.run("Object.prototype.polluted === undefined"), "a name changed a prototype")
    if case.name == "small":
        expect("<script>alert(1)</script>" in browser.run("document.querySelector('h1').textContent"), "the hostile name is gone")


def stays_calm(case):
    """Every text of the trace is an attack: the page is whole, and nothing of it runs."""
    for scheme in ("light", "dark"):
        case.open(scheme)
        case.browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; }); 0")
        expect(not complaints(case.browser), f"the browser complains: {json.dumps(complaints(case.browser))[:600]}")
    expect(case.browser.run("[...document.querySelectorAll('main > section')].map((s) => s.id)") == SECTIONS, "sections are missing")
    expect(case.browser.run("document.querySelectorAll('style').length") == 1, "a name brought a style")
    expect(case.browser.run("checks.visible(document.querySelector('h1'))"), "the page is hidden")


# Each check on the small page; on the larger ones those that depend on what a trace holds.
CONTENT = [is_quiet_and_alone, is_soon_interactive, has_all_sections, numbers_are_sqlites, numbers_are_the_jsons, verdict_says_it,
           map_shows_stripes, fits_narrow_screens]
CHECKS = {
    "small": [*CONTENT, tables_sort, tables_filter, timeline_moves, folds_unfold, dark_is_dark, is_legible, is_accessible,
              tab_goes_everywhere, prints, works_without_script, hostile_names_stay_text],
    "large": [*CONTENT, tables_sort, tables_filter, timeline_moves],
    "trained": [*CONTENT, timeline_moves, folds_unfold, is_legible, is_accessible],
    "hostile": [stays_calm, hostile_names_stay_text],
}


def comparison_opens(browser, program, folder):
    """The page of `clprof compare`: the same style and policy, so the same demands; one of its traces is hostile."""
    page = folder / "compared.html"
    subprocess.run([program, "compare", folder / "small.db", folder / "hostile.db", "--format", "html", "-o", page], check=True)
    for scheme in ("light", "dark"):
        browser.size(360 if scheme == "dark" else 1240, 900)
        browser.scheme(scheme)
        browser.open(page)
        expect(not complaints(browser), f"the browser complains: {json.dumps(complaints(browser))[:600]}")
        expect(requests(browser) == [page.resolve().as_uri()], f"asks for {requests(browser)}")
        browser.run((TESTS / "page_checks.js").read_text() + "; 0")
        pale, headings = browser.run("checks.pale()"), browser.run("checks.headings()")
        expect(pale["count"] > 10 and not pale["bad"], f"{scheme}: too little contrast: {pale['bad']}")
        expect(headings["ones"] == 1 and headings["skips"] == 0, f"headings: {headings}")
        expect(not browser.run("checks.nameless()"), f"without a name: {browser.run('checks.nameless()')}")
        expect(browser.run("document.querySelectorAll('img, script, style').length") == 1, "foreign elements")
    expect(browser.run("document.scrollingElement.scrollWidth") <= 360, "the comparison scrolls sideways on a phone")


def photograph(case, folder):
    for name, scheme, width in (("light", "light", 1240), ("dark", "dark", 1240), ("narrow", "light", 400)):
        case.open(scheme, width)
        case.browser.screenshot(folder / f"report-{case.name}-{name}.png")


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    for needed in ("chromium", "sqlite3"):
        if not shutil.which(needed):
            print(f"skipped: no {needed} (apt-get install {needed})")
            sys.exit(77)
    failures, count, sections, started = 0, 0, set(), time.monotonic()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = pathlib.Path(name)
        browser = chromium.Chromium()
        try:
            browser.attach()
            for kind, checks in CHECKS.items():
                case = Case(browser, program, make_trace(program, kind, folder), folder)
                for check in checks:
                    count += 1
                    began = time.monotonic()
                    try:
                        sections.update(check(case) or [])
                    except (Failed, RuntimeError) as error:
                        failures += 1
                        print(f"FAILED {kind}: {check.__name__}: {error}")
                    if "VERBOSE" in os.environ:
                        print(f"  {kind}: {check.__name__}: {time.monotonic() - began:.2f} s")
                if len(sys.argv) > 2 and kind != "large":
                    pathlib.Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
                    photograph(case, pathlib.Path(sys.argv[2]))
            count += 1
            try:
                comparison_opens(browser, program, folder)
            except (Failed, RuntimeError) as error:
                failures += 1
                print(f"FAILED comparison_opens: {error}")
        finally:
            browser.close()
    print(f"page.py: {count} checks, {failures} failures, sections compared: {' '.join(sorted(sections))}, {time.monotonic() - started:.0f} s")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
