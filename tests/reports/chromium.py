"""Drives a headless Chromium over its DevTools pipe (--remote-debugging-pipe): standard library only, no port, no driver.

Messages are JSON ended by a NUL byte: Chromium reads them from file descriptor 3 and answers on 4.
"""
import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time


class Chromium:
    def __init__(self, *flags):
        # Short, whatever TMPDIR says: Chromium makes a socket there, whose name may have 107 bytes.
        self.folder = tempfile.mkdtemp(prefix="clprof-chromium-", dir="/tmp")
        to_read, to_write = os.pipe()
        from_read, from_write = os.pipe()
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (to_read, from_write)]

        def descriptors():
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.log = open(pathlib.Path(self.folder) / "log", "w+b")
        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
             "--force-color-profile=srgb", f"--user-data-dir={self.folder}/profile", "--remote-debugging-pipe", *flags,
             "about:blank"],
            preexec_fn=descriptors, close_fds=False, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            start_new_session=True, env={**os.environ, "TMPDIR": self.folder})
        for fd in (to_read, from_write, *high):
            os.close(fd)
        self.out, self.back = to_write, from_read
        self.buffer, self.number, self.session = b"", 0, None
        self.events = []

    def close(self):
        """Ends this browser's own process group, and only that."""
        for fd in (self.out, self.back):
            os.close(fd)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _message(self, deadline):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.back], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError("chromium does not answer")
            piece = os.read(self.back, 1 << 20)
            if not piece:
                self.log.seek(0)
                raise ConnectionError("chromium ended: " + self.log.read()[-2000:].decode(errors="replace"))
            self.buffer += piece
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, timeout=60, session=True, **params):
        """The result of a DevTools command; events that come meanwhile are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session and self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + timeout
        while True:
            answer = self._message(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method, timeout=60):
        """The first event of that name that has not been taken yet."""
        deadline = time.monotonic() + timeout
        while True:
            for i, event in enumerate(self.events):
                if event.get("method") == method:
                    return self.events.pop(i)["params"]
            self.events.append(self._message(deadline))

    def attach(self):
        targets = self.call("Target.getTargets", session=False)["targetInfos"]
        page = next(t for t in targets if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", session=False, targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM", "Accessibility"):
            self.call(f"{domain}.enable")

    def navigate(self, url, timeout=60):
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait("Page.loadEventFired", timeout)

    def open(self, path, timeout=60):
        self.navigate(pathlib.Path(path).resolve().as_uri(), timeout)

    def run(self, expression, timeout=60):
        """The value of a JavaScript expression, JSON-like. An exception there is one here."""
        result = self.call("Runtime.evaluate", timeout, expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", "exception"))
        return result["result"].get("value")

    def until(self, expression, timeout=20):
        """Waits until a JavaScript expression is true: what pointer and keys bring about may take a frame, or a busy machine's ten."""
        deadline = time.monotonic() + timeout
        while not self.run(expression):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def key(self, key, code=None, text=None, number=0):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code or key, windowsVirtualKeyCode=number,
                      nativeVirtualKeyCode=number, **({"text": text} if text and kind == "keyDown" else {}))

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            self.mouse(kind, x, y, button="left", clickCount=1)

    def scheme(self, name, media=""):
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": name}])

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def screenshot(self, path, whole=True):
        clip = {}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"clip": {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 12000), "scale": 1}}
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole, **clip)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))


def seconds_to_interactive(path):
    """From the start of navigation until the page's script has run and it answers, in a browser of its own."""
    browser = Chromium()
    try:
        browser.attach()
        browser.size(1240, 900)
        browser.open(path)
        browser.until("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
        return browser.run("performance.getEntriesByType('navigation')[0].loadEventEnd / 1000")
    finally:
        browser.close()
