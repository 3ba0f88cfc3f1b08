"""The Python example: plain unittest, also run by pytest."""

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


class Server:
    """A server for a test: in memory, on a free port."""

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
        """Sends a request. Returns the status and the body."""
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Authorization", self.authorization)
        if fault:
            request.add_header("Sensu-Dev-Fault", fault)
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, json.loads(response.read() or "null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


def create_check(server):
    """The program under test: creates a check, and tries twice."""
    check = {"metadata": {"name": "cpu"}, "interval": 60}
    for _ in range(2):
        if server.send("POST", CHECKS, check)[0] == 200:
            return


class Checks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def setUp(self):
        self.server.send("POST", "/dev/reset")

    def test_a_failed_request_is_retried(self):
        self.server.send("PUT", "/dev/faults", [{"fault": "status=503; count=1", "method": "POST"}])
        create_check(self.server)  # the program under test
        requests = [r for r in self.server.send("GET", "/dev/requests")[1] if r["method"] == "POST"]
        self.assertEqual([request["status"] for request in requests], [503, 200])

    def test_requests_are_recorded_in_memory_and_in_the_file(self):
        check = {"metadata": {"name": "cpu"}, "interval": 60}
        self.assertEqual(self.server.send("POST", CHECKS, check)[0], 200)
        self.assertEqual(self.server.send("POST", CHECKS, check)[0], 409)
        requests = self.server.send("GET", "/dev/requests")[1]
        self.assertEqual([request["status"] for request in requests], [200, 409])
        self.assertEqual(requests[0]["body"], check)
        with open(self.server.log, encoding="utf-8") as log:
            self.assertEqual([json.loads(line) for line in log][-2:], requests)

    def test_a_reset_restores_the_seed(self):
        status, checks = self.server.send("GET", CHECKS)
        self.assertEqual(status, 200)
        self.assertEqual([check["metadata"]["name"] for check in checks], ["disk"])

    def test_a_header_makes_a_request_fail(self):
        status, body = self.server.send("GET", CHECKS, fault="delay=5ms; status=429")
        self.assertEqual((status, body["code"]), (429, 5))
        twice = [self.server.send("GET", CHECKS, fault="status=503; count=2")[0] for _ in range(3)]
        self.assertEqual(twice, [503, 503, 200])
        with self.assertRaises(OSError):
            self.server.send("GET", CHECKS, fault="drop")

    def test_a_planned_fault_makes_a_request_fail(self):
        plan = [{"fault": "status=500; count=1", "method": "GET", "path": CHECKS}]
        status, planned = self.server.send("PUT", "/dev/faults", plan)
        self.assertEqual((status, planned[0]["fault"]), (200, plan[0]["fault"]))
        self.assertEqual([self.server.send("GET", CHECKS)[0] for _ in range(2)], [500, 200])


if __name__ == "__main__":
    unittest.main()
