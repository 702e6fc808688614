"""The double of Twilio's REST API with the numbers of an account: as strict as the real one, and about names too."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from local.twilio_double import Refused, TwilioDouble, running

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "the token of the tests' account"
PAGE = 2

# Parameter -> field. Twilio takes more of them; what nobody here should send is refused.
_FIELDS = {
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "SmsUrl": "sms_url",
    "SmsMethod": "sms_method",
}


@dataclass
class TwilioApi(TwilioDouble):
    """The account, and what was asked of it."""

    token: str = TOKEN
    account: str = ACCOUNT
    numbers: dict[str, dict[str, Any]] = field(default_factory=dict)
    writes: list[dict[str, str]] = field(default_factory=list)
    refuses_writes: bool = False

    def owns(self, number: str, **fields: Any) -> None:
        """Add a number as it is bought, with these fields otherwise."""
        sid = f"PN{len(self.numbers):032x}"
        self.numbers[sid] = {
            "sid": sid,
            "account_sid": self.account,
            "phone_number": number,
            "friendly_name": number,
            "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
            "voice_url": "",
            "voice_method": "POST",
            "voice_fallback_url": "",
            "voice_fallback_method": "POST",
            "status_callback": "",
            "status_callback_method": "POST",
            "sms_url": "",
            "sms_method": "POST",
            "voice_application_sid": "",
            "sms_application_sid": "",
            "trunk_sid": None,
            **fields,
        }

    def number(self, number: str) -> dict[str, Any]:
        (found,) = (one for one in self.numbers.values() if one["phone_number"] == number)
        return found

    def get(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        if path != self._collection:
            return super().get(path, query)
        if unknown := query.keys() - {"PhoneNumber", "Page", "PageSize"}:
            raise Refused(400, 20001, f"unknown parameters: {unknown}")
        like, page = query.get("PhoneNumber", ""), int(query.get("Page", "0"))
        meets = [one for one in self.numbers.values() if like in one["phone_number"]]
        after = self._collection + "?" + urlencode({**query, "Page": page + 1})
        return {
            "incoming_phone_numbers": meets[page * PAGE : (page + 1) * PAGE],
            "page": page,
            "page_size": PAGE,
            "uri": path,
            "next_page_uri": after if len(meets) > (page + 1) * PAGE else None,
        }

    def post(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        sid = path.removeprefix(self._collection.removesuffix(".json") + "/").removesuffix(".json")
        if self.refuses_writes:
            raise Refused(503, 20503, "Service unavailable")
        if sid not in self.numbers:
            return super().post(path, form)
        if unknown := form.keys() - _FIELDS.keys():
            raise Refused(400, 20001, f"unknown parameters: {unknown}")
        changed = {**self.numbers[sid], **{_FIELDS[name]: value for name, value in form.items()}}
        for name, value in changed.items():
            if name.endswith(("_url", "_callback")) and value and not value.startswith(("http://", "https://")):
                raise Refused(400, 21402, f"Url is not a valid url: {value}")
            if name.endswith("_method") and value not in ("GET", "POST"):
                raise Refused(400, 21403, f"Method must be GET or POST: {value}")
        if changed["voice_fallback_url"] and not changed["voice_url"]:
            raise Refused(400, 21405, "Cannot set VoiceFallbackUrl without setting Url")
        self.writes.append(form)
        self.numbers[sid] = changed
        return 200, changed

    @property
    def _collection(self) -> str:
        return f"{self.root}/IncomingPhoneNumbers.json"


@contextmanager
def running_twilio_api() -> Iterator[TwilioApi]:
    """The API on a port of the loopback interface."""
    api = TwilioApi()
    with running(api):
        yield api
