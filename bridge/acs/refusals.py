"""What ACS refuses, as errors of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from azure.core.exceptions import AzureError, HttpResponseError

from bridge.call.legs import PhoneError


class NotThere(PhoneError):
    """ACS knows nothing of what it was asked about (404, code 8522): the call is over."""


@contextmanager
def refusals() -> Iterator[None]:
    """Turn the SDK's errors into ours, with the service's code and without its prose."""
    try:
        yield
    except HttpResponseError as error:
        if error.status_code is None:  # an identity had no token
            raise PhoneError(f"ACS was not asked: {type(error).__name__}") from error
        refused = NotThere if error.status_code == HTTPStatus.NOT_FOUND else PhoneError
        raise refused(f"ACS answered {error.status_code} {code_of(error)}".rstrip()) from error
    except AzureError as error:
        raise PhoneError(f"ACS was not reached: {type(error).__name__}") from error


def code_of(error: HttpResponseError) -> str:
    """The service's own code; empty where it gave none."""
    return str(error.error.code or "") if error.error else ""
