"""A span for each request of the dashboard, named after its route: what fills the route in may be personal."""

from flask import Flask, Response, g, request

from holdline.telemetry import Telemetry


def trace_requests(app: Flask, telemetry: Telemetry | None) -> None:
    if telemetry is None:
        return
    tracer = telemetry.tracer_provider.get_tracer("holdline")

    def asked() -> None:
        route = request.url_rule.rule if request.url_rule is not None else "no route"
        attributes = {"http.request.method": request.method, "http.route": route}
        g.span = tracer.start_span(f"{request.method} {route}", attributes=attributes)

    def answered(response: Response) -> Response:
        if (span := g.pop("span", None)) is not None:  # a stream's span ends where the stream begins
            span.set_attribute("http.response.status_code", response.status_code)
            span.end()
        return response

    app.before_request(asked)
    app.after_request(answered)
