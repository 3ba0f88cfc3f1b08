"""The program of the guide to testing: creates a check, and tries three times."""

import urllib3


def create_check(url: str, token: str) -> None:
    check = {"metadata": {"name": "cpu"}, "command": "check-cpu", "interval": 60}
    headers = {"Authorization": f"Bearer {token}"}
    for _ in range(3):
        path = "/apis/core/v2/namespaces/default/checks"
        try:
            if urllib3.request("POST", url + path, json=check, headers=headers, retries=False).status < 500:
                return
        except urllib3.exceptions.HTTPError:
            continue
