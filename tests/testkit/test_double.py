"""The Python example: plain unittest, which pytest runs as it is."""

import base64
import json
import os
import pathlib
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).parent
CHECKS = "/apis/core/v2/namespaces/default/checks"


class Double:
    """A server of its own: in memory, on a free port, gone with the test."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        ready = pathlib.Path(self.folder.name, "ready.json")
        self.log = str(pathlib.Path(self.folder.name, "requests.jsonl"))
        self.process = subprocess.Popen(
            [os.environ.get("SENSU_SERVER", "sensu-server"), "start", "--dev", "--in-memory"]
            + ["--port", "0", "--password-cost", "4", "--ready-file", str(ready)]
            + ["--seed", str(HERE / "seed"), "--request-log", self.log],
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server does not start")
            time.sleep(0.02)
        facts = json.loads(ready.read_text())
        self.url = facts["url"]
        basic = base64.b64encode(f"{facts['user']}:{facts['password']}".encode()).decode()
        self.authorization = f"Basic {basic}"
        self.authorization = "Bearer " + self.send("GET", "/auth")[1]["access_token"]

    def send(self, method, path, body=None, fault=None):
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Authorization", self.authorization)
        if fault:
            request.add_header("Sensu-Dev-Fault", fault)
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


class Checks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.double = Double()

    @classmethod
    def tearDownClass(cls):
        cls.double.stop()

    def setUp(self):
        self.double.send("POST", "/dev/reset")

    def test_a_check_is_created(self):
        check = {"metadata": {"name": "cpu"}, "interval": 60}
        self.assertEqual(self.double.send("POST", CHECKS, check)[0], 200)
        self.assertEqual(self.double.send("POST", CHECKS, check)[0], 409)
        requests = self.double.send("GET", "/dev/requests")[1]
        self.assertEqual([request["status"] for request in requests], [200, 409])
        self.assertEqual(requests[0]["body"], check)
        # The same in the file, which is there after the server, too.
        with open(self.double.log, encoding="utf-8") as log:
            self.assertEqual([json.loads(line) for line in log][-2:], requests)

    def test_every_test_starts_anew(self):
        status, checks = self.double.send("GET", CHECKS)
        self.assertEqual(status, 200)
        self.assertEqual([check["metadata"]["name"] for check in checks], ["disk"])

    def test_failures_come_when_asked_for(self):
        status, body = self.double.send("GET", CHECKS, fault="delay=5ms; status=429")
        self.assertEqual((status, body["code"]), (429, 5))
        twice = [self.double.send("GET", CHECKS, fault="status=503; count=2")[0] for _ in range(3)]
        self.assertEqual(twice, [503, 503, 200])
        with self.assertRaises(OSError):
            self.double.send("GET", CHECKS, fault="drop")

    def test_a_client_that_cannot_send_headers_fails_too(self):
        plan = [{"fault": "status=500; count=1", "method": "GET", "path": CHECKS}]
        self.assertEqual(self.double.send("PUT", "/dev/faults", plan), (200, plan))
        self.assertEqual([self.double.send("GET", CHECKS)[0] for _ in range(2)], [500, 200])


if __name__ == "__main__":
    unittest.main()
