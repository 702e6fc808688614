"""Why a provider does not serve, and what to do about it, in words for whoever keeps the keys."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from livekit.agents import APIError, APIStatusError, APITimeoutError

from agent.pipelines.parts import Kind, Part, Provider

_PREFIX = {
    Provider.DEEPGRAM: "DEEPGRAM",
    Provider.OPENAI: "OPENAI",
    Provider.GEMINI: "GOOGLE",
    Provider.ENDPOINT: "LLM",
}


@dataclass(frozen=True)
class Reason:
    said: str
    remedy: str


class SaidNothing(Exception):
    """The provider answered, and there was nothing in it."""


def reason(error: Exception, part: Part, *, within_s: float) -> Reason:
    """What an error of this part's plugin means. Nothing that the provider wrote is repeated: it may quote the key."""
    chain = list(_causes(error))
    status = next((one for one in chain if isinstance(one, APIStatusError) and one.status_code > 0), None)
    if status is not None:
        return _refusal(status, part)
    if any(isinstance(one, APITimeoutError | TimeoutError) for one in chain):
        return Reason(f"no answer within {within_s:g} s", f"See the status of {part.provider}, and the network here.")
    address = f"Correct {_address_setting(part)}, if it is set, or the network of this machine."
    if any(
        isinstance(one, socket.gaierror) or "DNSError" in str(one) for one in chain
    ):  # one plugin keeps the name alone
        return Reason(f"{part.address} has no address (DNS)", address)
    if any(isinstance(one, ssl.SSLError) or "certificate" in str(one).lower() for one in chain):
        return Reason(f"the certificate of {part.address} is not trusted here", address)
    if isinstance(error, SaidNothing):
        return Reason(f"{part.provider} answers, but with nothing", f"Try another {_model_setting(part)}.")
    if any(isinstance(one, APIError | OSError) for one in chain):
        return Reason(f"{part.address} does not take the connection, or breaks it off", address)
    return Reason(f"the plugin fails ({type(error).__name__})", f"Check {_key(part)} and {_model_setting(part)}.")


def _refusal(error: APIStatusError, part: Part) -> Reason:
    told = f"{error.message} {error.body}".lower()
    is_key = "api key" in told or "api_key" in told
    if error.status_code in (401, 403) or (error.status_code == 400 and is_key):
        return Reason("the key is refused", f"Set {_key(part)} to a valid one.")
    if error.status_code == 402 or "quota" in told or "billing" in told or "credit" in told:
        return Reason("the account has no quota left", f"Add credit to the account at {part.provider}.")
    if error.status_code == 429:
        return Reason("too many requests at once", "Try again in a minute, or have the account's limits raised.")
    if error.status_code == 404 or "model" in told:
        return Reason(f"there is no model {part.model} for this key", f"Correct {_model_setting(part)}.")
    if error.status_code >= 500:
        return Reason(
            f"{part.provider} is out of order (HTTP {error.status_code})", f"See the status of {part.provider}."
        )
    return Reason(f"the request is refused (HTTP {error.status_code})", f"Check {_model_setting(part)}.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, the outermost first."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        if (before := error.__cause__ or error.__context__) is None:
            return
        error = before


def _key(part: Part) -> str:
    return f"{_PREFIX[part.provider]}_API_KEY"


def _address_setting(part: Part) -> str:
    return "GOOGLE_GEMINI_BASE_URL" if part.provider is Provider.GEMINI else f"{_PREFIX[part.provider]}_BASE_URL"


def _model_setting(part: Part) -> str:
    if part.provider is Provider.GEMINI:
        return "GEMINI_MODEL"
    if part.provider is Provider.OPENAI:
        return "OPENAI_STT_MODEL" if part.kind is Kind.STT else "OPENAI_TTS_MODEL"
    return f"{_PREFIX[part.provider]}_MODEL"
