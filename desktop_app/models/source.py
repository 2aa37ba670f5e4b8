"""Where models come from: the hub or a mirror of it, straight or through a proxy.

A model and its checksum come from the same place, so that place has to be who it says: plain HTTP
is for this computer alone. A proxy may be plain: what goes through it is encrypted all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from desktop_app.errors import DownloadError

HUB: Final = "https://huggingface.co"
PRESETS: Final = {"huggingface": HUB, "hf-mirror": "https://hf-mirror.com"}
"""Sources by name; hf-mirror is reached from mainland China."""
PROXY_SCHEMES: Final = frozenset({"http", "https", "socks5", "socks5h"})
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Source:
    """Whom to ask, and by which way."""

    endpoint: str = HUB
    """Without a slash at its end."""
    proxy: str | None = None
    """None goes the way the system's environment says (HTTPS_PROXY, NO_PROXY)."""

    @property
    def host(self) -> str:
        """The host asked for."""
        return urlsplit(self.endpoint).hostname or self.endpoint

    def may_lead_to(self, url: str) -> bool:
        """Tell whether a redirect from here may be followed.

        Anywhere by HTTPS; by plain HTTP from a source that is plain itself, on this computer.
        """
        there, here = urlsplit(url), urlsplit(self.endpoint)
        return there.scheme == "https" or (here.scheme == "http" and there.hostname in LOOPBACK)


def source_from(endpoint: str | None, proxy: str | None) -> Source:
    """Return the source a person named: a preset or an address, and a proxy's address.

    Raises:
        DownloadError: one of them cannot be used; it is not repeated where it holds a password.
    """
    named = (endpoint or "").strip()
    return Source(_endpoint(PRESETS.get(named, named or HUB)), _proxy((proxy or "").strip()))


def usable_proxy(address: str) -> str:
    """Return a proxy's address as the HTTP library takes it; desktops call SOCKS 5 `socks://`."""
    scheme, mark, rest = address.partition("://")
    return f"socks5{mark}{rest}" if scheme.lower() == "socks" else address


def _endpoint(text: str) -> str:
    parts = _split(text)
    allowed = parts is not None and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    )
    if parts is None or not allowed or parts.query or parts.fragment:
        raise DownloadError("download.bad_endpoint")
    return text.rstrip("/")


def _proxy(text: str) -> str | None:
    if not text:
        return None
    address = usable_proxy(text)
    parts = _split(address)
    if parts is None or parts.scheme not in PROXY_SCHEMES:
        raise DownloadError("download.bad_proxy")
    return address


def _split(text: str) -> SplitResult | None:
    """Return the parts of an address; None where it is none, or holds a name or a password."""
    try:
        parts = urlsplit(text)
        known = parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return parts if known and "@" not in parts.netloc and text.isprintable() else None
