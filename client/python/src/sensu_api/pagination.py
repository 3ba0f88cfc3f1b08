"""Iterators over lists that the server returns in pages."""

from collections.abc import Callable, Iterator
from typing import ParamSpec, Protocol, TypeVar, cast

from .generated.api_response import ApiResponse
from .headers import header

P = ParamSpec("P")
T = TypeVar("T")


class _Request(Protocol[T]):
    def __call__(self, *args: object, **kwargs: object) -> ApiResponse[list[T]]: ...


def pages(operation: Callable[P, list[T]], *args: P.args, **kwargs: P.kwargs) -> Iterator[list[T]]:
    """Pages of a list, requested one by one: `pages(client.checks.check_list, "default", limit=100)`.

    `limit` is the maximum number of objects per page. Without it, the server splits lists that exceed its maximum response size.
    """
    request = _with_headers(operation)
    parameters = dict[str, object](kwargs)
    while True:
        response = request(*args, **parameters)
        yield response.data
        token = header(response, "Sensu-Continue")
        if token is None:
            return
        parameters["var_continue"] = token


def iterate(operation: Callable[P, list[T]], *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
    """Objects of all pages of a list, with the arguments of `pages`."""
    for page in pages(operation, *args, **kwargs):
        yield from page


def _with_headers(operation: Callable[..., list[T]]) -> _Request[T]:
    """The variant of an operation that also returns the headers of the response."""
    name = f"{getattr(operation, '__name__', '')}_with_http_info"
    variant = getattr(getattr(operation, "__self__", None), name, None)
    if variant is None:
        raise TypeError(f"not an operation of a client: {operation!r}")
    return cast(_Request[T], variant)
