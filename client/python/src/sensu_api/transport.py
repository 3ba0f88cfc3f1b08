"""HTTP requests of generated operations: credentials, timeouts, errors."""

from importlib.metadata import version
from typing import Protocol

from pydantic import BaseModel
from urllib3.exceptions import HTTPError

from .errors import TransportError, error_from_response
from .generated.api_client import ApiClient
from .generated.api_response import ApiResponse, T
from .generated.configuration import Configuration
from .generated.exceptions import ApiException
from .generated.rest import RESTResponse

Timeout = float | tuple[float, float]
"""Seconds: of an attempt, or of connecting and of reading."""


class Credentials(Protocol):
    """Source of the header `Authorization`."""

    def authorization(self) -> str | None:
        """Value of the header."""

    def renew(self, rejected: str) -> bool:
        """Replaces credentials that a server rejected. Returns whether there are new ones."""


class Transport(ApiClient):
    """Requests without credentials of their own."""

    def __init__(self, configuration: Configuration, timeout: Timeout) -> None:
        super().__init__(configuration)
        self.user_agent = f"sensu-api-python/{version('sensu-api')}"
        self._timeout = timeout

    def close(self) -> None:
        """Closes idle connections."""
        self.rest_client.pool_manager.clear()

    def call_api(
        self,
        method: str,
        url: str,
        header_params: dict[str, str] | None = None,
        body: object = None,
        post_params: object = None,
        _request_timeout: Timeout | None = None,
    ) -> RESTResponse:
        timeout = _request_timeout or self._timeout
        try:
            response = super().call_api(method, url, header_params, body, post_params, timeout)
            # Here, because operations read the body outside of this method.
            response.read()
        except (HTTPError, ApiException) as error:
            raise TransportError(0, f"cannot reach the server: {error}") from error
        return response

    def response_deserialize(
        self, response_data: RESTResponse, response_types_map: dict[str, T] | None = None
    ) -> ApiResponse[T]:
        response = response_data
        if not 200 <= response.status <= 299:
            raise error_from_response(response.status, response.reason, response.headers, response.read())
        return super().response_deserialize(response_data, response_types_map)

    def sanitize_for_serialization(self, obj: object) -> object:
        # A patch contains all fields that were set. The generated `to_dict` omits `None` for required fields, so that an invalid
        # patch would succeed without an effect.
        if isinstance(obj, BaseModel) and type(obj).__name__.endswith("Patch"):
            return obj.model_dump(mode="json", by_alias=True, exclude_unset=True)
        serialized: object = super().sanitize_for_serialization(obj)  # type: ignore[no-untyped-call]
        return serialized


class _Renewable(str):
    """Value of `Authorization` from the credentials of a client. Other values come from the caller (`_request_auth`)."""


class AuthorizedTransport(Transport):
    """Requests with credentials, which are renewed once if the server rejects them."""

    def __init__(
        self, configuration: Configuration, timeout: Timeout, credentials: Credentials, basic: str | None
    ) -> None:
        super().__init__(configuration, timeout)
        self._credentials = credentials
        self._basic = basic

    def update_params_for_auth(
        self,
        headers: dict[str, str],
        queries: object,
        auth_settings: list[str],
        resource_path: str,
        method: str,
        body: object,
        request_auth: object = None,
    ) -> None:
        if request_auth:
            super().update_params_for_auth(headers, queries, auth_settings, resource_path, method, body, request_auth)
        elif "bearerAuth" in auth_settings:
            authorization = self._credentials.authorization()
            if authorization is not None:
                headers["Authorization"] = _Renewable(authorization)
        elif "basicAuth" in auth_settings and self._basic is not None:
            headers["Authorization"] = self._basic

    def call_api(
        self,
        method: str,
        url: str,
        header_params: dict[str, str] | None = None,
        body: object = None,
        post_params: object = None,
        _request_timeout: Timeout | None = None,
    ) -> RESTResponse:
        response = super().call_api(method, url, header_params, body, post_params, _request_timeout)
        rejected = (header_params or {}).get("Authorization")
        if response.status != 401 or not isinstance(rejected, _Renewable) or not self._credentials.renew(rejected):
            return response
        headers = {**(header_params or {}), "Authorization": self._credentials.authorization() or rejected}
        return super().call_api(method, url, headers, body, post_params, _request_timeout)
