"""The adapter for Twilio: what it sends, what it makes of a refusal, and when it does not know."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from functions.messages import MaybeSent, NotSent, TwilioMessages, messages_of
from holdline.errors import HoldlineError
from local.twilio_double import TwilioDouble, running, told
from tests.unit.functions.world import World

TOKEN = "the token of the tests' account"
LINE, PHONE = "+12125550100", "+15555550144"
NEWS = "https://functions.example.com/twilio_message?request=request-1"


@pytest.fixture
def twilio() -> Iterator[TwilioDouble]:
    with running(TwilioDouble(token=TOKEN)) as double:
        yield double


def messages(twilio: TwilioDouble, *, token: str = TOKEN) -> TwilioMessages:
    return TwilioMessages(twilio.account, token, api=twilio.url)


def refusal(twilio: TwilioDouble, *, to: str = PHONE, sender: str = LINE, token: str = TOKEN) -> NotSent:
    with pytest.raises(NotSent) as refused:
        messages(twilio, token=token).send("Hello.", to=to, sender=sender, tell=NEWS)
    assert twilio.texts == []
    return refused.value


def test_a_text_is_sent_as_it_is_and_has_twilios_name(twilio: TwilioDouble) -> None:
    words = 'Luxe & Co: a caller asks "50 % off?"\nReply + the words. \N{THUMBS UP SIGN}'
    sid = messages(twilio).send(words, to=PHONE, sender=LINE, tell=NEWS)
    [text] = twilio.texts
    assert (text["sid"], text["to"], text["from"], text["body"]) == (sid, PHONE, LINE, words)
    assert text["status_callback"] == NEWS


def test_what_the_double_shows_of_a_text_has_no_whole_number(twilio: TwilioDouble) -> None:
    messages(twilio).send("One.\nTwo.", to=PHONE, sender=LINE, tell=NEWS)
    assert told(twilio.texts[0]) == "text to +1555***0144: One. / Two."


@pytest.mark.parametrize(
    ("to", "sender", "words"),
    [
        ("+15005550001", LINE, "cannot receive texts"),
        ("+15005550009", LINE, "cannot receive texts"),
        ("+15005550003", LINE, "Geo permissions"),
        ("+15005550004", LINE, "replied STOP"),
        (PHONE, "+15005550007", "the capability SMS"),
        (PHONE, "reception", "Twilio refuses (21212): The 'From' number reception"),
    ],
)
def test_a_refusal_is_put_into_words_for_whoever_can_do_something(
    twilio: TwilioDouble, to: str, sender: str, words: str
) -> None:
    refused = refusal(twilio, to=to, sender=sender)
    assert words in str(refused)
    assert not refused.may_repeat


def test_another_account_is_told_which_settings_to_look_at(twilio: TwilioDouble) -> None:
    assert "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN" in str(refusal(twilio, token="another"))


def test_where_nobody_listens_it_was_not_sent_and_may_be_tried_again() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        api = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(NotSent) as failed:
            TwilioMessages("AC0", TOKEN, api=api).send("Hello.", to=PHONE, sender=LINE, tell=NEWS)
    assert failed.value.may_repeat


@contextmanager
def saying(*answers: bytes) -> Iterator[str]:
    """A server that takes a request and says this, one connection an answer; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                with suppress(OSError):
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", MaybeSent),
        (b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n", MaybeSent),
        (b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}", MaybeSent),
        (b"HTTP/1.1 200 Fine\r\nContent-Length: 5\r\n\r\nhello", MaybeSent),
        (b"HTTP/1.1 400 Bad\r\nContent-Length: 5\r\n\r\nhello", NotSent),
    ],
    ids=["breaks off", "fails", "names nothing", "is not Twilio", "refuses without a reason"],
)
def test_only_a_refusal_is_certain(answer: bytes, kind: type[HoldlineError]) -> None:
    with saying(answer) as api, pytest.raises(kind):
        TwilioMessages("AC0", TOKEN, api=api).send("Hello.", to=PHONE, sender=LINE, tell=NEWS)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of 127.0.0.1, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file = tmp_path / "certificate.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return file


@contextmanager
def over_tls(certificate: Path, taken: list[bytes]) -> Iterator[str]:
    """A server that takes requests over TLS, and answers with what is none; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)

        def serve() -> None:
            with suppress(OSError):  # nobody else comes
                while True:
                    connection, _ = server.accept()
                    with suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
                        taken.append(tls.recv(65536))
                        with socket.socket(fileno=tls.detach()) as bare:
                            bare.sendall(b"this is no record of TLS's")

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_what_goes_wrong_once_the_text_is_handed_over_is_not_certain_and_not_tried_again(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    taken: list[bytes] = []
    with over_tls(certificate, taken) as api, pytest.raises(MaybeSent):
        TwilioMessages("AC0", TOKEN, api=api).send("Hello.", to=PHONE, sender=LINE, tell=NEWS)
    assert len(taken) == 1


def test_whoever_is_not_trusted_is_handed_nothing(certificate: Path) -> None:
    taken: list[bytes] = []
    with over_tls(certificate, taken) as api, pytest.raises(NotSent):
        TwilioMessages("AC0", TOKEN, api=api).send("Hello.", to=PHONE, sender=LINE, tell=NEWS)
    assert b"".join(taken) == b""


def test_a_refusal_that_names_a_number_shows_it_masked() -> None:
    told = b'{"code": 21999, "message": "+15555550144 is not to our liking"}'
    with (
        saying(b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n%s" % (len(told), told)) as api,
        pytest.raises(NotSent, match=r"\(21999\): \+1555\*\*\*0144 is not"),
    ):
        TwilioMessages("AC0", TOKEN, api=api).send("Hello.", to=PHONE, sender=LINE, tell=NEWS)


def test_an_account_that_may_send_no_more_for_now_may_later() -> None:
    with saying(b"HTTP/1.1 429 Slower\r\nContent-Length: 2\r\n\r\n{}") as api, pytest.raises(NotSent) as refused:
        TwilioMessages("AC0", TOKEN, api=api).send("Hello.", to=PHONE, sender=LINE, tell=NEWS)
    assert refused.value.may_repeat


def test_without_an_account_there_is_nobody_who_carries_texts(world: World, twilio: TwilioDouble) -> None:
    assert messages_of(world.settings) is None
    given = world.settings.model_copy(update={"twilio_account_sid": twilio.account, "twilio_api_url": twilio.url})
    carrier = messages_of(given)
    assert isinstance(carrier, TwilioMessages)
    with pytest.raises(NotSent, match="refuses the account"):
        carrier.send("Hello.", to=PHONE, sender=LINE, tell=NEWS)
