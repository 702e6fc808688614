"""A phone number in service: bound to a voice agent here, dialled through LiveKit, and told to ask us by Twilio.

`bind` and `unbind` read everything before they plan, so that what cannot be is refused before anything is changed. The
steps come in the order in which no caller falls between two of them: a number rings when all behind it stands.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy import phone_binding, phone_sip_steps, phone_urls
from deploy.phone_sip import SipState, read_sip
from deploy.phone_step import Step
from deploy.phone_urls import OF_TEXTS, TwilioNumber, owned_numbers
from holdline.people import PhoneNumber
from holdline.settings import DeploySettings
from holdline.store import Database, Query


def bind(
    settings: DeploySettings, database: Database, number: str, *, org: str, voice_agent: str, may_move: bool = False
) -> list[Step]:
    """How this number is put into service. Changes nothing yet; raises CannotGoOn, StoreError."""
    phone_binding.require_voice_agent(database, org, voice_agent)
    binding = phone_binding.bind_step(database, number, org=org, voice_agent=voice_agent, may_move=may_move)
    sip = phone_sip_steps.bind_steps(settings, read_sip(settings), number)
    return [binding, *sip, phone_urls.bind_step(settings, number)]


def unbind(settings: DeploySettings, database: Database, number: str) -> list[Step]:
    """How this number is taken out of service. Changes nothing yet; raises CannotGoOn, StoreError."""
    urls = phone_urls.unbind_step(settings, number)
    sip = phone_sip_steps.unbind_steps(settings, read_sip(settings), number)
    return [urls, *sip, phone_binding.unbind_step(database, number)]


@dataclass(frozen=True)
class Standing:
    """How one number stands with each of the three."""

    number: str
    binding: PhoneNumber | None
    is_with_livekit: bool
    twilio: str
    """`ours`, `not owned`, or where its calls go instead."""
    texts: str
    """`ours`, `none` where it cannot send or take any, or where they go instead."""


def standings(settings: DeploySettings, database: Database) -> Iterator[Standing]:
    """Every number that is known to us, to our trunk or to the Twilio account; raises CannotGoOn, StoreError."""
    bound = {number.id: number for number in database.platform.find(Query(PhoneNumber)).records}
    sip = read_sip(settings)
    owned = {number.number: number for number in owned_numbers(settings)}
    for number in sorted({*bound, *sip.numbers, *owned}):
        found = owned.get(number)
        calls, texts = _calls_go(settings, found), _texts_go(settings, found)
        yield Standing(number, bound.get(number), _is_dialled(sip, number), calls, texts)


def _is_dialled(sip: SipState, number: str) -> bool:
    return number in sip.numbers and sip.rule is not None


def _calls_go(settings: DeploySettings, owned: TwilioNumber | None) -> str:
    if owned is None:
        return "not owned"
    if owned.diverted_to is not None:
        return owned.diverted_to
    if not owned.differences(settings).keys() - set(OF_TEXTS):
        return "ours"
    return owned.urls.voice_url or "nowhere"


def _texts_go(settings: DeploySettings, owned: TwilioNumber | None) -> str:
    if owned is None or not owned.is_sms:
        return "none"
    if owned.texts_diverted_to is not None:
        return owned.texts_diverted_to
    if not owned.differences(settings).keys() & set(OF_TEXTS):
        return "ours"
    return owned.urls.sms_url or "nowhere"
