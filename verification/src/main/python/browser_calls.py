"""Tries calls at the gateway's page as a person does, in a real browser driven by the W3C protocol: opens an operation, fills it in, executes it and
reads the answer off the page. Prints a line for each thing tried; the last line counts them.
Usage: browser_calls.py URL PROFILE-FOLDER LOG-FILE"""
import json
import re
import sys
import urllib.request

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

PATIENCE_SECONDS = 60


class Page:
    def __init__(self, browser, url):
        self.browser = browser
        browser.get(url + "/swagger-ui.html")
        self.until(lambda: self.find(".info .title"))

    def until(self, condition):
        return WebDriverWait(self.browser, PATIENCE_SECONDS).until(lambda _: condition())

    def find(self, selector):
        found = self.browser.find_elements(By.CSS_SELECTOR, selector)
        return found[0] if found else None

    def blocks(self):
        return {block.get_attribute("id").rsplit("-", 1)[-1] for block in self.browser.find_elements(By.CSS_SELECTOR, ".opblock")}

    def call(self, operation, body=None, **parameters):
        """The status and the body that the page shows after the operation was executed there."""
        block = f"[id^='operations-'][id$='-{operation}'] "
        self.click(block + ".opblock-summary-control")
        self.click(block + ".try-out__btn")
        for name, value in parameters.items():
            self.fill(self.until(lambda: self.find(f"{block}tr[data-param-name='{name}'] :is(input, select):enabled")), value)
        if body is not None:
            self.fill(self.until(lambda: self.find(block + ".opblock-section-request-body textarea")), body)
        self.click(block + ".execute")
        live = block + ".live-responses-table tbody "
        status = self.until(lambda: (cell := self.find(live + ".response-col_status")) and cell.text.strip())
        answer = self.find(live + ".highlight-code code") or self.find(live + ".microlight")
        return int(status.split()[0]), answer.get_attribute("textContent") if answer else ""

    def click(self, selector):
        element = self.until(lambda: self.find(selector))
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def fill(self, field, value):
        """Typed, and left: the page takes over what was typed with a delay, or when the field is left."""
        if field.tag_name == "select":
            Select(field).select_by_value(value)
        else:
            field.send_keys(Keys.CONTROL, "a")
            field.send_keys(value, Keys.TAB)


def operations(url):
    with urllib.request.urlopen(url + "/v3/api-docs", timeout=PATIENCE_SECONDS) as document:
        paths = json.load(document)["paths"]
    return {call["operationId"] for calls in paths.values() for call in calls.values()}


def put(url, path, payload):
    with urllib.request.urlopen(urllib.request.Request(url + path, payload, method="PUT"), timeout=PATIENCE_SECONDS) as answer:
        return json.load(answer)["id"]


def start(profile, log):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={profile}"):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver", log_output=log))


def main(url, profile, log):
    results = []

    def check(what, holds, shown=""):
        results.append(bool(holds))
        print(("ok      " if holds else "FAILED  ") + what + ("" if holds else f": {shown}"))

    known = operations(url)
    name = "/v1/namespaces/docs/objects/in-a-browser"
    put_id = put(url, name, b"seen by a browser")
    browser = start(profile, log)
    try:
        page = Page(browser, url)
        page.until(lambda: page.blocks())
        check("the document has calls", len(known) >= 15, known)
        check("the page is that of the product", page.find(".info .title").text.startswith("Tokamak"), browser.title)
        check("it shows every call of the document", known <= page.blocks(), known - page.blocks())
        check("no part of it failed to load", not re.search("Failed to load|errors-wrapper|Unable to render", browser.page_source))

        status, answer = page.call("listNodes")
        check("listing the nodes answers with them", status == 200 and json.loads(answer)["nodes"][0]["state"], (status, answer))
        status, answer = page.call("getNamed", namespace="docs", key="in-a-browser", view="info")
        check("a description is that of what was put", status == 200 and json.loads(answer)["id"] == put_id, (status, answer))
        status, answer = page.call("waitForObjects", body=json.dumps({"ids": [put_id]}))
        check("a wait with a body finds what is there", status == 200 and json.loads(answer)["ready"][0]["id"] == put_id, (status, answer))
        status, answer = page.call("getNode", node="nobody")
        check("a refusal shows its code and what to do", status == 404 and "node-not-found" in answer and "remedy" in answer, (status, answer))
    finally:
        browser.quit()
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
