"""Twilio's side of our numbers: which addresses a number calls, which it is to call, and how that is changed."""

from dataclasses import dataclass, fields
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree.ElementTree import canonicalize

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from deploy.phone_step import CannotGoOn, Step
from holdline.settings import DeploySettings

WHERE = "Twilio"
TIMEOUT_S = 15.0
_FALLBACK = Path(__file__).parent / "twilio" / "fallback.xml"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
OF_TEXTS = ("sms_url", "sms_method")
_ECHO = "https://twimlets.com/echo?Twiml="


@dataclass(frozen=True)
class NumberUrls:
    """What Twilio calls for a number, in the names of its API."""

    voice_url: str
    voice_method: str
    status_callback: str
    status_callback_method: str
    voice_fallback_url: str
    voice_fallback_method: str
    sms_url: str
    sms_method: str

    def differences(self, wanted: "NumberUrls") -> dict[str, str]:
        """The fields that are not as wanted, with the values that they should have."""
        names = [field.name for field in fields(self)]
        return {name: getattr(wanted, name) for name in names if getattr(self, name) != getattr(wanted, name)}


@dataclass(frozen=True)
class TwilioNumber:
    """A number of the account."""

    sid: str
    number: str
    urls: NumberUrls
    is_voice: bool
    diverted_to: str | None
    """The SIP trunk or TwiML application that takes its calls, whatever its addresses say."""
    is_sms: bool
    """Whether it can send and take texts."""
    texts_diverted_to: str | None
    """The TwiML application that takes its texts, whatever its addresses say."""

    def differences(self, settings: DeploySettings) -> dict[str, str]:
        """The addresses that are not ours and can be; of a number without texts, those of calls alone."""
        differing = self.urls.differences(wanted_urls(settings))
        takes_texts = self.is_sms and self.texts_diverted_to is None
        return {name: value for name, value in differing.items() if takes_texts or name not in OF_TEXTS}


def wanted_urls(settings: DeploySettings) -> NumberUrls:
    """What each number of ours is to call."""
    base = settings.functions_url.rstrip("/")
    return NumberUrls(
        voice_url=f"{base}/twilio_voice",
        voice_method="POST",
        status_callback=f"{base}/twilio_status",
        status_callback_method="POST",
        voice_fallback_url=fallback_url(settings),
        # Not POST, which hosts of static files refuse.
        voice_fallback_method="GET",
        sms_url=f"{base}/twilio_message",
        sms_method="POST",
    )


def fallback_url(settings: DeploySettings) -> str:
    """Where Twilio finds words for a caller when nothing of ours answers; by default Twilio's own echo of them."""
    return settings.twilio_fallback_url or _ECHO + quote(fallback_twiml(), safe="")


def fallback_twiml() -> str:
    """What is said then, as short as XML can be."""
    return canonicalize(from_file=_FALLBACK, strip_text=True)


def find_number(settings: DeploySettings, number: str) -> TwilioNumber | None:
    """The number as Twilio has it; None where the account does not own it. Blocking; raises CannotGoOn."""
    # The filter also meets numbers that only contain these digits.
    return next((one for one in owned_numbers(settings, like=number) if one.number == number), None)


def owned_numbers(settings: DeploySettings, *, like: str | None = None) -> list[TwilioNumber]:
    """The numbers of the account. Blocking; raises CannotGoOn."""
    asked = {"phone_number": like} if like else {}
    try:
        return [_read(one) for one in client(settings).incoming_phone_numbers.list(**asked)]
    except (TwilioException, requests.RequestException) as error:
        raise CannotGoOn(meaning(error)) from error


def client(settings: DeploySettings) -> Client:
    """Twilio's own client, for this account."""
    return Client(
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        http_client=_Http(settings.twilio_api_url, timeout=TIMEOUT_S),
    )


def meaning(error: Exception) -> str:
    """What a failure of Twilio's means, and how to mend it."""
    if isinstance(error, TwilioRestException):
        status, code, text = error.status, error.code, error.msg
    elif isinstance(error, TwilioException) and len(error.args) > 1:  # so its client tells that a list was refused
        refusal = error.args[1]
        status, code, text = refusal.status_code, None, refusal.text
    else:
        return f"Twilio does not answer ({type(error).__name__}): check the network, and TWILIO_API_URL if it is set."
    if status == HTTPStatus.UNAUTHORIZED:
        return "Twilio refuses the account: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
    return f"Twilio refuses ({code or status}): {text}"


def bind_step(settings: DeploySettings, number: str) -> Step:
    """Let Twilio ask us about the number's calls; raises CannotGoOn where it cannot."""
    if urlsplit(settings.functions_url).hostname in _LOOPBACK:
        raise CannotGoOn(
            f"Twilio cannot reach FUNCTIONS_URL ({settings.functions_url}), which is this machine's own: give the "
            f"address at which the functions are deployed."
        )
    found = find_number(settings, number)
    if found is None:
        owned = ", ".join(one.number for one in owned_numbers(settings))
        raise CannotGoOn(f"The Twilio account does not own {number}. It owns: {owned or 'no number yet'}.")
    if not found.is_voice:
        raise CannotGoOn(f"{number} cannot be called: Twilio gives it no voice. Buy one with the capability Voice.")
    if found.diverted_to is not None:
        raise CannotGoOn(
            f"Twilio sends the calls of {number} to {found.diverted_to}, whatever its addresses say. In Twilio's "
            f"console, configure the number with a webhook in place of that SIP trunk or TwiML app."
        )
    what = f"{number} calls {settings.functions_url}{_but_for_texts(found)}"
    return _step(settings, found, what, found.differences(settings))


def unbind_step(settings: DeploySettings, number: str) -> Step:
    """Take our addresses away from the number, and leave any other as it is."""
    what = f"{number} calls nothing of ours"
    found = find_number(settings, number)
    if found is None:
        return Step(WHERE, what)
    urls, ours = found.urls, wanted_urls(settings)
    changes = {}
    is_rung = urls.voice_url == ours.voice_url
    if is_rung:
        changes["voice_url"] = ""
    # Twilio takes no fallback without an address to fall back from, whoever chose it.
    if urls.voice_fallback_url and (is_rung or urls.voice_fallback_url == ours.voice_fallback_url):
        changes |= {"voice_fallback_url": "", "voice_fallback_method": "POST"}
    if urls.status_callback == ours.status_callback:
        changes["status_callback"] = ""
    if urls.sms_url == ours.sms_url:
        changes["sms_url"] = ""
    return _step(settings, found, what, changes)


def _but_for_texts(found: TwilioNumber) -> str:
    """What is not as it should be, and cannot be made so from here."""
    if not found.is_sms:
        return ", but it can neither send nor take texts: Twilio gives it no SMS"
    if found.texts_diverted_to is not None:
        return f", but its texts go to {found.texts_diverted_to}: take that TwiML app out in Twilio's console"
    return ""


def _step(settings: DeploySettings, found: TwilioNumber, what: str, changes: dict[str, str]) -> Step:
    if not changes:
        return Step(WHERE, what)
    shown = " ".join(_shown(name, value, was=getattr(found.urls, name)) for name, value in changes.items())
    path = f"/2010-04-01/Accounts/{settings.twilio_account_sid}/IncomingPhoneNumbers/{found.sid}.json"

    def update() -> None:
        try:
            client(settings).incoming_phone_numbers(found.sid).update(**changes)
        except (TwilioException, requests.RequestException) as error:
            raise CannotGoOn(meaning(error)) from error

    return Step(WHERE, what, f"POST {path} {shown}", update)


def _shown(name: str, value: str, *, was: str) -> str:
    parameter = "".join(word.capitalize() for word in name.split("_"))
    is_loss = value != "" and was != "" and not name.endswith("_method")
    return f"{parameter}={value}" + (f" (was {was})" if is_loss else "")


class _Http(TwilioHttpClient):  # type: ignore[misc]
    """Sends what was meant for Twilio's API to another address, where one is given."""

    def __init__(self, instead: str | None, *, timeout: float) -> None:
        super().__init__(timeout=timeout)
        self._instead = instead.rstrip("/") if instead else None

    def request(self, method: str, url: str, *args: Any, **named: Any) -> Response:
        if self._instead is not None:
            asked = urlsplit(url)
            url = self._instead + asked.path + (f"?{asked.query}" if asked.query else "")
        return super().request(method, url, *args, **named)


def _read(one: Any) -> TwilioNumber:
    return TwilioNumber(
        sid=one.sid,
        number=one.phone_number,
        urls=NumberUrls(**{field.name: getattr(one, field.name) or "" for field in fields(NumberUrls)}),
        is_voice=bool((one.capabilities or {}).get("voice", True)),
        diverted_to=one.trunk_sid or one.voice_application_sid or None,
        is_sms=bool((one.capabilities or {}).get("sms", True)),
        texts_diverted_to=one.sms_application_sid or None,
    )
