"""The server is tried with functions of its own, each of which answers with what reached it."""

import base64

import pytest
from werkzeug.test import Client

from local.functions_server import EVENT_FUNCTIONS, HTTP_FUNCTIONS, create_app

HTTP_FUNCTION = """
@functions_framework.http
def {name}(request):
    return {{"name": "{name}", "path": request.path, "body": request.get_data(as_text=True)}}
"""
EVENT_FUNCTION = """
@functions_framework.cloud_event
def {name}(event):
    if event.data != b"\\x00document":
        raise ValueError(event.data)
"""
SOURCE = "import functions_framework\n" + "".join(
    [
        *(HTTP_FUNCTION.format(name=name) for name in HTTP_FUNCTIONS),
        *(EVENT_FUNCTION.format(name=name) for name in EVENT_FUNCTIONS),
    ]
)
EVENT_HEADERS = {
    "Content-Type": "application/protobuf",
    "ce-id": "1",
    "ce-specversion": "1.0",
    "ce-type": "google.cloud.firestore.document.v1.written",
    "ce-source": "//firestore.googleapis.com/projects/demo-holdline/databases/(default)",
}
DELIVERED = "/functions/projects/demo-holdline/triggers/learn"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    source = tmp_path_factory.mktemp("functions") / "main.py"
    source.write_text(SOURCE)
    return Client(create_app(str(source)))


@pytest.mark.parametrize("name", HTTP_FUNCTIONS)
def test_each_function_answers_at_its_own_address(client: Client, name: str) -> None:
    answer = client.post(f"/{name}", data="hello")

    assert answer.json == {"name": name, "path": "/", "body": "hello"}


def test_the_root_says_that_all_functions_are_loaded(client: Client) -> None:
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/nothing", DELIVERED.replace("learn", "nothing")])
def test_a_function_that_does_not_exist_is_not_found(client: Client, path: str) -> None:
    assert client.post(path).status_code == 404


def test_what_the_emulator_delivers_reaches_the_function_as_bytes(client: Client) -> None:
    body = base64.b64encode(b"\x00document")

    assert client.post(DELIVERED, data=body, headers=EVENT_HEADERS).status_code == 200


def test_what_production_delivers_reaches_the_function_as_it_is(client: Client) -> None:
    assert client.post("/learn", data=b"\x00document", headers=EVENT_HEADERS).status_code == 200


def test_a_delivery_that_is_not_base64_is_refused(client: Client) -> None:
    assert client.post(DELIVERED, data=b"\x00garbage", headers=EVENT_HEADERS).status_code == 400


def test_a_delivery_that_is_no_event_is_refused(client: Client) -> None:
    assert client.post(DELIVERED, data=base64.b64encode(b"\x00document")).status_code >= 400
