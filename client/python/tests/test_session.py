"""Sessions: log-in, renewal of expired tokens, log-out, API keys."""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from sensu_api import Client, TooManyRequests, Unauthorized
from sensu_api.credentials import IssuedTokens
from sensu_api.generated.api_response import ApiResponse
from sensu_api.models import ApiKeyInput, Tokens, UserCreate

from .conftest import PASSWORD, USERNAME, check

Statuses = Callable[[str], list[int | None]]


def new_tokens(client: Client) -> Tokens:
    client.log_in()
    assert client.tokens
    return client.tokens


def believed_valid(tokens: Tokens) -> Tokens:
    """The tokens with an expiry that makes a client learn of the real one from a 401. Waits for the real one."""
    remaining = tokens.expires_at - time.time()
    assert remaining < 10, "start the server with --access-token-expiry 3"
    time.sleep(max(0, remaining) + 1.1)
    return tokens.model_copy(update={"expires_at": tokens.expires_at + 3600})


def test_the_first_request_logs_in(url: str, statuses: Statuses) -> None:
    with Client(url, username=USERNAME, password=PASSWORD) as client:
        assert client.tokens is None
        client.checks.check_list("default")
        assert client.tokens is not None
        tokens = client.tokens
    assert client.tokens is None and statuses("/auth") == [200, 200], "log-in and log-out"
    with Client(url, tokens=tokens) as ended, pytest.raises(Unauthorized):
        ended.checks.check_list("default")


def test_a_wrong_password_is_unauthorized_without_a_retry(url: str, statuses: Statuses) -> None:
    with Client(url, username=USERNAME, password="wrong-password") as client, pytest.raises(Unauthorized) as wrong:
        client.checks.check_list("default")
    assert (wrong.value.status, wrong.value.code) == (401, 5) and statuses("/auth") == [401]


def test_an_expired_access_token_is_renewed_after_a_401(client: Client, url: str, statuses: Statuses) -> None:
    stored = believed_valid(new_tokens(client))
    with Client(url, tokens=Tokens.model_validate_json(stored.to_json())) as continued:
        continued.checks.check_create("default", check("a"))
        assert continued.tokens and continued.tokens.access_token != stored.access_token
        continued.checks.check_get("default", "a")
    assert statuses("/apis/core/v2/namespaces/default/checks") == [401, 200, 200]
    assert statuses("/auth/token") == [200]


def test_an_expired_access_token_is_renewed_before_a_request(client: Client, statuses: Statuses) -> None:
    first = new_tokens(client)
    believed_valid(first)
    client.checks.check_list("default")
    assert client.tokens and client.tokens.access_token != first.access_token
    assert statuses("/apis/") == [200] and statuses("/auth/token") == [200]


def test_the_lifetime_of_a_token_depends_on_the_clock_of_the_server() -> None:
    def renew_in(expires_at: int) -> float:
        tokens = Tokens(access_token="x", refresh_token="x", expires_at=expires_at)
        headers = {"date": format_datetime(datetime.fromtimestamp(1000, UTC), usegmt=True)}
        response = ApiResponse(status_code=200, headers=headers, data=tokens, raw_data=b"")
        return IssuedTokens.from_response(response).renew_at - time.time()

    assert renew_in(1900) == pytest.approx(890, abs=1)
    assert renew_in(1010) == pytest.approx(9, abs=1)
    assert renew_in(900) == math.inf, "a wrong clock is no reason to renew with every request"


def test_concurrent_requests_renew_once(client: Client, url: str, statuses: Statuses) -> None:
    stored = believed_valid(new_tokens(client))
    with Client(url, tokens=stored) as continued, ThreadPoolExecutor(8) as threads:
        lists = [threads.submit(continued.checks.check_list, "default") for _ in range(8)]
        assert [one.result() for one in lists] == [[]] * 8
    assert statuses("/auth/token") == [200]


def test_tokens_that_cannot_be_renewed_are_replaced_with_the_password(url: str, statuses: Statuses) -> None:
    useless = Tokens(access_token="x", refresh_token="x", expires_at=0)
    with Client(url, tokens=useless) as client, pytest.raises(Unauthorized):
        client.checks.check_list("default")
    with Client(url, tokens=useless, username=USERNAME, password=PASSWORD) as client:
        assert client.checks.check_list("default") == []
    assert statuses("/auth/token") == [401, 401]


def test_a_client_logs_in_again_after_log_out(client: Client) -> None:
    first = new_tokens(client)
    client.log_out()
    client.log_out()
    assert client.tokens is None
    client.checks.check_list("default")
    assert client.tokens and client.tokens.access_token != first.access_token


def test_a_client_with_tokens_does_not_end_their_session(client: Client, url: str) -> None:
    tokens = new_tokens(client)
    with Client(url, tokens=tokens) as continued:
        continued.checks.check_list("default")
    with Client(url, tokens=tokens) as continued:
        continued.checks.check_list("default")


def test_an_api_key_authenticates_requests(client: Client, url: str) -> None:
    issued = client.api_keys.api_key_create(ApiKeyInput(username="admin"))
    with Client(url, api_key=issued.key) as program:
        assert program.checks.check_list("default") == []
    with Client(url, api_key="wrong") as program, pytest.raises(Unauthorized):
        program.checks.check_list("default")


def test_public_operations_need_no_credentials(url: str, statuses: Statuses) -> None:
    with Client(url) as client:
        assert client.version.version_get() and client.tokens is None
        with pytest.raises(Unauthorized):
            client.checks.check_list("default")
        with pytest.raises(ValueError, match="password"):
            client.log_in()
    assert statuses("/auth") == []


def test_a_password_is_verified_without_a_session(url: str) -> None:
    with Client(url, username=USERNAME, password=PASSWORD) as client:
        client.authentication.auth_test()
        assert client.tokens is None
    with Client(url, username=USERNAME, password="wrong-password") as client, pytest.raises(Unauthorized):
        client.authentication.auth_test()


def test_other_credentials_of_a_request_are_not_replaced(client: Client, statuses: Statuses) -> None:
    other = {"in": "header", "type": "bearer", "key": "Authorization", "value": "Bearer x"}
    client.log_in()
    with pytest.raises(Unauthorized):
        client.checks.check_list("default", _request_auth=other)
    assert statuses("/apis/") == [401]


def test_an_expired_session_can_be_ended(client: Client, url: str) -> None:
    tokens = believed_valid(new_tokens(client))
    client.log_out()
    with Client(url, tokens=tokens) as ended, pytest.raises(Unauthorized):
        ended.checks.check_list("default")


def test_passwords_are_sent_as_utf_8(client: Client, url: str) -> None:
    client.users.user_create(UserCreate(username="zoe", password="pässword €"))
    with Client(url, username="zoe", password="pässword €") as zoe:
        zoe.authentication.auth_test()
        zoe.log_in()
        assert zoe.tokens


def test_contradicting_credentials_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="requires a password"):
        Client(url, username=USERNAME)
    with pytest.raises(ValueError, match="excludes"):
        Client(url, username=USERNAME, password=PASSWORD, api_key="x")


def test_a_rejected_log_in_is_not_retried(url: str, plan_faults: Callable[..., None], statuses: Statuses) -> None:
    plan_faults({"fault": "status=429", "path": "/auth"})
    with Client(url, username=USERNAME, password=PASSWORD) as client, pytest.raises(TooManyRequests) as busy:
        client.log_in()
    assert busy.value.retry_after and statuses("/auth") == [429]
