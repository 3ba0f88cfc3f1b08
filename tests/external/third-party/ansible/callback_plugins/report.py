"""Ansible callback: writes the result of each named task to the report, one JSON line each."""

import json
import os
import sys

from ansible.plugins.callback import CallbackBase

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", ".."))
import report

DOCUMENTATION = """
name: report
type: notification
short_description: Writes the result of each named task to the file $REPORT
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_NAME = "report"

    def v2_playbook_on_task_start(self, task, is_conditional):
        # Templated here, but not in the results.
        self.call = task.name

    def v2_runner_on_ok(self, result):
        if self.call:
            report.write(self.call, None)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        known = ("msg", "changed", "object", "objects", "status")
        error = {name: result._result[name] for name in known if name in result._result}
        report.write(self.call or result._task.get_name(), json.dumps(error))

    def v2_runner_on_unreachable(self, result):
        self.v2_runner_on_failed(result)
