"""What went wrong on the way to a model, as one sentence: from whatever was raised.

Told apart by the names of the classes above an error, so that the library that raises them is
loaded by the process that downloads alone.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final

from desktop_app.errors import DownloadError
from desktop_app.models.source import Source
from resources.system_errors import reason_of

UNREACHABLE: Final = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}
NAME_TRY_AGAIN: Final = -3
"""EAI_AGAIN of netdb.h: no name server could be asked."""
NOT_ALLOWED: Final = {401, 403}
NOT_FOUND: Final = {404, 410}
PROXY_WANTS_A_NAME: Final = 407
TOO_MANY: Final = 429
PASSING: Final = {408, 500, 502, 503, 504}
"""Answers of a hub that may be another in a while."""


class RateLimitedError(Exception):
    """The hub asks for a pause of so many seconds; None where it does not say how long."""

    def __init__(self, seconds: int | None) -> None:
        super().__init__()
        self.seconds = seconds


@contextmanager
def named_elsewhere() -> Iterator[None]:
    """Explain what the HTTP library raises when it is set up.

    That is when it reads what the environment and the system say of certificates and proxies.

    Raises:
        DownloadError: one of them cannot be used.
    """
    certificates = os.environ.get("SSL_CERT_FILE")
    try:
        yield
    except Exception as error:
        kinds = {kind.__name__ for kind in type(error).__mro__}
        if isinstance(error, OSError) and certificates:
            raise DownloadError("download.bad_certificates", file=certificates) from error
        if not isinstance(error, OSError) and kinds & {"ValueError", "InvalidURL"}:
            raise DownloadError("download.bad_system_proxy") from error
        raise


def explained(
    error: Exception, host: str, source: Source, repository: str, *, proxied: bool
) -> DownloadError | None:
    """Return the sentence for `error`; None where it is a bug.

    Args:
        error: what huggingface_hub, its HTTP library or the disk raised.
        host: whom the last connection was tried to.
        source: whom was to be asked.
        repository: of what.
        proxied: whether that host was a proxy.
    """
    kinds = {kind.__name__ for kind in type(error).__mro__}
    known: DownloadError | None = None
    if isinstance(error, RateLimitedError):
        known = _rate_limited(error.seconds, source)
    elif "HfHubHTTPError" in kinds:
        known = _answered(error, kinds, source, repository, host)
    elif kinds & {"FileMetadataError", "JSONDecodeError"}:
        known = DownloadError("download.no_hub", host=source.host)
    elif "ProxyError" in kinds:
        known = DownloadError("download.proxy_refuses", host=host)
    elif kinds & {"ConnectError", "ConnectTimeout"}:
        known = _not_connected(error, host, proxied=proxied)
    elif "TimeoutException" in kinds:
        known = DownloadError("download.stalled", host=host)
    elif kinds & {"TransportError", "TooManyRedirects"}:
        known = DownloadError("download.broke_off", host=host)
    elif isinstance(error, OSError):
        known = _disk(error, host)
    return known


def passes(error: Exception, answered: Collection[str]) -> bool:
    """Tell whether what was raised may pass by itself, so that it is worth another try.

    Args:
        error: what huggingface_hub, its HTTP library or the disk raised.
        answered: who has answered before (`host_of`). One that did and is not there any more is
            out of reach for a while; one that never did may not be there at all.
    """
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "HfHubHTTPError" in kinds:
        status: int = getattr(error, "response").status_code  # noqa: B009 - as in the class's name
        return status in PASSING
    if kinds & {"ConnectError", "ConnectTimeout", "ProxyError"}:
        return host_of(getattr(error, "_request", None)) in answered
    # An error of the system without a number is the library's own: an answer that was too short.
    return bool(kinds & {"TimeoutException", "NetworkError", "RemoteProtocolError"}) or (
        isinstance(error, OSError) and error.errno is None
    )


def host_of(request: Any) -> str:
    """Return the host, with its port, that a request of the HTTP library goes to; "" for none."""
    return "" if request is None else request.url.netloc.decode("ascii")


def _answered(
    error: Any, kinds: set[str], source: Source, repository: str, host: str
) -> DownloadError:
    """Explain an answer that is none."""
    status: int = error.response.status_code
    if "GatedRepoError" in kinds:
        return DownloadError("download.gated", repository=repository)
    missing = {"RepositoryNotFoundError", "RevisionNotFoundError", "RemoteEntryNotFoundError"}
    if kinds & missing or status in NOT_FOUND:
        return DownloadError("download.not_found", repository=repository)
    if status in NOT_ALLOWED:
        return DownloadError("download.gated", repository=repository)
    if status == PROXY_WANTS_A_NAME:
        return DownloadError("download.proxy_refuses", host=host)
    if status == TOO_MANY:
        return _rate_limited(None, source)
    return DownloadError("download.host_trouble", host=source.host, status=status)


def _not_connected(error: Exception, host: str, *, proxied: bool) -> DownloadError:
    """Explain a connection that was not made."""
    if proxied:
        return DownloadError("download.proxy_unreachable", host=host)
    for cause in _causes(error):
        kinds = {each.__name__ for each in type(cause).__mro__}
        number = getattr(cause, "errno", None)
        if "SSLError" in kinds:
            return DownloadError("download.not_trusted", host=host)
        if number in UNREACHABLE or ("gaierror" in kinds and number == NAME_TRY_AGAIN):
            return DownloadError("download.offline", host=host)
        if "gaierror" in kinds:
            return DownloadError("download.host_unknown", host=host)
    return DownloadError("download.refused", host=host)


def _disk(error: OSError, host: str) -> DownloadError:
    if error.errno is None:  # the library's own: an answer that was too short again and again
        return DownloadError("download.broke_off", host=host)
    return DownloadError("download.not_written", reason=reason_of(error))


def _rate_limited(seconds: int | None, source: Source) -> DownloadError:
    if seconds is None:
        return DownloadError("download.rate_limited", host=source.host)
    minutes = -(-seconds // 60)
    return DownloadError("download.rate_limited_for", host=source.host, minutes=minutes)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield what lies behind an error, itself first."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        yield at
        seen.add(id(at))
        at = at.__cause__ or at.__context__
