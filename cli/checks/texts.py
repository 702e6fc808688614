"""Can texts be sent where somebody counts on them: a person who is on duty, or callers who agreed to a late answer?"""

from collections.abc import Sequence
from functools import partial

from cli.checks.blocking import blocking
from cli.checks.check import Answer, Check, Fault, Fine, NotChecked, Subject
from cli.checks.lines import MOST_LINES, ReadOnly
from deploy.phone_step import CannotGoOn
from deploy.phone_urls import TwilioNumber, owned_numbers
from holdline.config import organisation_in_force
from holdline.duty import NobodyToText, person_on_duty
from holdline.help_request import HelpRequest, Status
from holdline.people import Organisation, PhoneNumber
from holdline.settings import DeploySettings, load
from holdline.store import Query, Store

LOOKED_AT = 50
"""Follow-ups of an organisation."""
DUTY = "In the Firebase console, set on_duty of the organisation to the id of one of its people, and a phone there."


async def texts(subject: Subject) -> Answer:
    platform = subject.database().platform
    lines = (await blocking(lambda: platform.find(Query(PhoneNumber, limit=MOST_LINES)))).records
    stores = {line.org: ReadOnly(subject.database().for_org(line.org)) for line in lines}
    waiting: dict[str, str] = {}
    for org, store in stores.items():
        organisation = await blocking(partial(organisation_in_force, store, org, at=subject.now()))
        try:
            for_whom = await blocking(partial(_counts_on_texts, store, organisation))
        except NobodyToText as nobody:
            return Fault(f"{org}: {nobody}", DUTY)
        if for_whom is not None:
            waiting[org] = for_whom
    if not waiting:
        return NotChecked("nobody is on duty, and no caller waits for a text")
    told = "; ".join(f"{org}: {for_whom}" for org, for_whom in waiting.items())
    if "TWILIO_ACCOUNT_SID" not in subject.settings:
        return Fault(
            f"no text can be sent, and somebody counts on it ({told})",
            "Set TWILIO_ACCOUNT_SID, and deploy the functions again.",
        )
    if subject.is_local:
        return Fine(f"{told}, through the double of Twilio's")
    try:
        owned = await blocking(lambda: owned_numbers(load(DeploySettings)))
    except CannotGoOn:
        return NotChecked("needs phone.twilio (Twilio's numbers)")
    without = [org for org in waiting if not _can_text(org, lines, owned)]
    if without:
        return Fault(
            f"no number of {', '.join(without)} can send texts, and somebody counts on it ({told})",
            "Buy one with the capability SMS, and run `holdline number bind` for it.",
        )
    return Fine(told)


def _counts_on_texts(store: Store, organisation: Organisation) -> str | None:
    """For whom texts have to go out; raises NobodyToText where somebody is to be on duty and cannot be texted."""
    if organisation.on_duty is not None:
        person, _ = person_on_duty(store, organisation)
        return f"{person.name} is on duty"
    owed = store.find(Query(HelpRequest, {"status": Status.FOLLOW_UP}, limit=LOOKED_AT)).records
    agreed = sum(one.callback is not None and one.callback.consents_to_text for one in owed)
    return f"late answers that are to go by text: {agreed}" if agreed else None


def _can_text(org: str, lines: Sequence[PhoneNumber], owned: Sequence[TwilioNumber]) -> bool:
    ours = {line.id for line in lines if line.org == org}
    return any(number.is_sms for number in owned if number.number in ours)


CHECKS = (Check("texts.sent", "to people on duty and callers", texts, needs=("firestore.reads", "settings.functions")),)
