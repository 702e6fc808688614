"""The headers that every reply carries."""

from urllib.parse import urlsplit

from flask import Flask, Response, request


def protect(app: Flask, *, livekit_url: str) -> None:
    livekit = " ".join(origins_of_livekit(livekit_url))

    @app.after_request
    def _headers(response: Response) -> Response:
        connect = f"'self' {livekit}" if request.endpoint == "line.page" else "'self'"
        response.headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'self'; connect-src {connect}; object-src 'none'; base-uri 'none'; form-action 'self'; "
            "frame-ancestors 'none'",
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        microphone = "microphone=(self)" if request.endpoint == "line.page" else "microphone=()"
        response.headers["Permissions-Policy"] = f"camera=(), geolocation=(), {microphone}"
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def origins_of_livekit(url: str) -> list[str]:
    """The signalling socket, and the same place over HTTP, where the client asks why it was refused."""
    parts = urlsplit(url)
    is_tls = parts.scheme in ("wss", "https")
    schemes = ("wss", "https") if is_tls else ("ws", "http")
    # LiveKit Cloud sends a client on to the region that is nearest to it.
    hosts = [parts.netloc, "*.livekit.cloud"] if (parts.hostname or "").endswith(".livekit.cloud") else [parts.netloc]
    return [f"{scheme}://{host}" for host in hosts for scheme in schemes]
