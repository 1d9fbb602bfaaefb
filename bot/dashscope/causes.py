"""Why a call broke, in words: no library's name for it, and no address."""

import os

import aiohttp

WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "its name is not known"),
    (aiohttp.ClientConnectorCertificateError, "its certificate is not trusted"),
    (aiohttp.ClientSSLError, "it and this machine do not agree on encryption"),
    (aiohttp.ClientProxyConnectionError, "the proxy cannot be reached"),
    (aiohttp.ClientHttpProxyError, "the proxy refuses the call"),
    (TimeoutError, "no answer in time"),
    (aiohttp.ServerDisconnectedError, "it hung up"),
    (aiohttp.ClientPayloadError, "its answer broke off"),
    (aiohttp.TooManyRedirects, "it redirects in circles"),
    (aiohttp.ClientResponseError, "its answer is no HTTP"),
    (aiohttp.InvalidURL, "its address is none"),
)


def cause_in_words(error: BaseException) -> str:
    """Say why a call broke, such as `connection refused`."""
    for kind, words in WORDS:
        if isinstance(error, kind):
            return words
    number = getattr(error, "errno", None) or getattr(getattr(error, "os_error", None), "errno", None)
    return os.strerror(number).lower() if isinstance(number, int) and number > 0 else "the connection failed"
