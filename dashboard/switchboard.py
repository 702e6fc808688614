"""The door to the `create_room` function, through which a visitor's browser gets onto a line."""

from typing import Protocol

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from holdline.errors import HoldlineError

TIMEOUT_S = 12
"""Opening a room and sending an agent there takes a second or two when all is well."""


class CallRefused(HoldlineError):
    """The line does not take this call; the text says why, in a visitor's words."""

    def __init__(self, reason: str, words: str) -> None:
        self.reason = reason
        super().__init__(words)


class CallPass(BaseModel):
    """What a browser needs to be in the call."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    call: str
    url: str
    token: str
    identity: str


class Switchboard(Protocol):
    def ring(self, number: str, *, token: str) -> CallPass:
        """Open a call to this line for the holder of the ID token; raises CallRefused."""
        ...


_WORDS = {
    400: ("no_such_line", "This is not a number that can be called from here."),
    404: ("no_such_line", "This number does not take calls from a browser."),
    401: ("not_signed_in", "The page was open for too long. Load it again, then call."),
    409: ("line_busy", "Nobody can take a call on this line right now. Please try again in a moment."),
    429: ("line_busy", "You have other calls open. End one first."),
}
_OUT_OF_ORDER = ("out_of_order", "The line cannot be reached right now. Please try again in a moment.")


class HttpSwitchboard:
    def __init__(self, functions_url: str) -> None:
        self._address = f"{functions_url.rstrip('/')}/create_room"

    def ring(self, number: str, *, token: str) -> CallPass:
        try:
            response = httpx.post(
                self._address,
                json={"number": number},
                headers={"Authorization": f"Bearer {token}"},
                timeout=TIMEOUT_S,
            )
            if response.is_success:
                return CallPass.model_validate_json(response.content)
        except (httpx.HTTPError, ValidationError) as error:
            raise CallRefused(*_OUT_OF_ORDER) from error
        raise CallRefused(*_WORDS.get(response.status_code, _OUT_OF_ORDER))
