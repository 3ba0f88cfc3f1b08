"""Headers of responses from operations with the suffix `_with_http_info`."""

from typing import TypeVar

from .generated.api_response import ApiResponse

T = TypeVar("T")


def header(response: ApiResponse[T], name: str) -> str | None:
    """Value of a header. The generated response does not normalize the case of header names."""
    headers = {key.lower(): value for key, value in (response.headers or {}).items()}
    return headers.get(name.lower())


def etag(response: ApiResponse[T]) -> str:
    """Value of `ETag`, which identifies the state of the object: pass it as `if_match` of a write.

    Raises `KeyError` if the response has none: lists do not.
    """
    value = header(response, "ETag")
    if value is None:
        raise KeyError("ETag")
    return value
