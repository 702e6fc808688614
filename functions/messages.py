"""The port to whoever carries our texts, and its adapter for Twilio. What is texted to whom is decided elsewhere."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from holdline.errors import HoldlineError
from holdline.redaction import redact
from holdline.settings import FunctionsSettings

if TYPE_CHECKING:
    import requests

API = "https://api.twilio.com"
CONNECT_WITHIN_S = 3.05
ANSWER_WITHIN_S = 10.0
CONNECT_TRIES = 2

NO_ACCOUNT = "The functions have no Twilio account: set TWILIO_ACCOUNT_SID, and deploy them again."
_ACCOUNT = "Twilio refuses the account: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
_SENDER = "The number that was rung cannot send texts: give the organisation one with the capability SMS."
_RECIPIENT = "This number cannot receive texts."
_MEANINGS = {
    20003: _ACCOUNT,
    21211: _RECIPIENT,
    21614: _RECIPIENT,
    21408: "The account may not text this country: permit it at Twilio, under Messaging, Geo permissions.",
    21601: _SENDER,
    21606: _SENDER,
    21659: _SENDER,
    21660: _SENDER,
    21661: _SENDER,
    21608: "A trial account texts verified numbers alone: verify this one at Twilio, or upgrade the account.",
    21610: "Whoever has this number replied STOP: only their START lets texts through again.",
    30003: "The phone could not be reached.",
    30005: _RECIPIENT,
    30006: _RECIPIENT,
    30007: "A carrier took it for spam.",
    30034: "Carriers in the United States block this line's texts until it is registered for them (A2P 10DLC).",
}
"""What Twilio's commonest errors come to for whoever can do something about them; those from 30000 on come later."""


class NotSent(HoldlineError):
    """It was not sent; the text says why, and what to do."""

    def __init__(self, why: str, *, may_repeat: bool = False) -> None:
        self.may_repeat = may_repeat
        super().__init__(why)


class MaybeSent(HoldlineError):
    """It may have been sent, or not: nobody answered any more."""


class Messages(Protocol):
    def send(self, words: str, *, to: str, sender: str, tell: str) -> str:
        """Send a text, and return the carrier's name for it; again is one text more. What becomes of it is told at the
        address `tell`. Raises NotSent, MaybeSent."""
        ...


class TwilioMessages:
    """Twilio's REST API, asked directly: to import Twilio's client for one request costs 0.45 s of processor time."""

    def __init__(self, account: str, token: str, *, api: str | None = None) -> None:
        self._url = f"{(api or API).rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        self._key = (account, token)

    def send(self, words: str, *, to: str, sender: str, tell: str) -> str:
        answer = self._post({"To": to, "From": sender, "Body": words, "StatusCallback": tell})
        try:
            told: dict[str, Any] = answer.json()
        except ValueError:
            told = {}
        if answer.status_code == HTTPStatus.CREATED and told.get("sid"):
            return str(told["sid"])
        if answer.status_code < HTTPStatus.BAD_REQUEST or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise MaybeSent(f"Twilio fails (HTTP {answer.status_code}).")
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise NotSent("Twilio takes no more texts of this account just now.", may_repeat=True)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise NotSent(_ACCOUNT)
        code = told.get("code")
        meaning = meaning_of(code)
        raise NotSent(meaning or f"Twilio refuses ({code or answer.status_code}): {redact(str(told.get('message')))}")

    def _post(self, form: dict[str, str]) -> "requests.Response":
        import requests

        for tries_left in reversed(range(CONNECT_TRIES)):
            try:
                return requests.post(self._url, data=form, auth=self._key, timeout=(CONNECT_WITHIN_S, ANSWER_WITHIN_S))
            except requests.RequestException as error:
                if not _never_arrived(error):
                    raise MaybeSent(f"Twilio did not say whether it took it ({type(error).__name__}).") from error
                if not tries_left:
                    raise NotSent(f"Twilio does not answer ({type(error).__name__}).", may_repeat=True) from error
        raise AssertionError("the last try returns or raises")


def meaning_of(code: object) -> str | None:
    """What an error of Twilio's comes to, if it is one of the commonest."""
    return _MEANINGS.get(code) if isinstance(code, int) else None


def messages_of(settings: FunctionsSettings) -> Messages | None:
    """None where no account is given."""
    if settings.twilio_account_sid is None:
        return None
    token = settings.twilio_auth_token.get_secret_value()
    return TwilioMessages(settings.twilio_account_sid, token, api=settings.twilio_api_url)


def _never_arrived(error: "requests.RequestException") -> bool:
    """Whether the request cannot have reached anybody, because there was no connection to send it over.

    Of what goes wrong with TLS that is certain only of a certificate, which is looked at before anything is sent.
    """
    from ssl import SSLCertVerificationError

    from requests import ConnectTimeout
    from requests.exceptions import ProxyError
    from urllib3.exceptions import NewConnectionError
    from urllib3.exceptions import SSLError as TlsError

    reason = getattr(error.args[0], "reason", None) if error.args else None
    is_not_trusted = isinstance(reason, TlsError) and isinstance(reason.args[0], SSLCertVerificationError)
    return isinstance(error, ConnectTimeout | ProxyError) or isinstance(reason, NewConnectionError) or is_not_trusted
