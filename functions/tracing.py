"""A span for each request of a function, named after the function."""

from flask import Response, after_this_request, current_app, request

from holdline.telemetry import Telemetry


def trace_this_request(telemetry: Telemetry | None) -> None:
    if telemetry is None:
        return
    tracer = telemetry.tracer_provider.get_tracer("holdline")
    # The framework names its app after the function that it serves.
    span = tracer.start_span(current_app.name, attributes={"http.request.method": request.method})

    @after_this_request
    def answered(response: Response) -> Response:
        span.set_attribute("http.response.status_code", response.status_code)
        span.end()
        return response
