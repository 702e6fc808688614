"""A caller who rings again, and the answers of earlier calls that they are still owed.

All raise Unavailable; those that are about one request also raise NotFound.
"""

from datetime import datetime

from holdline import texting
from holdline.help_request import HelpRequest, Status
from holdline.store import Query, Store, change, must_get


def owed_to(store: Store, number: str, *, at: datetime) -> list[HelpRequest]:
    """The answers that a caller with this number has not heard, the oldest first."""
    found = store.find(Query(HelpRequest, {"caller_number": number, "status": Status.FOLLOW_UP}))
    return sorted((request for request in found.records if _is_owed(request, at)), key=lambda request: request.asked_at)


def as_owed_now(store: Store, request_id: str, *, at: datetime) -> HelpRequest | None:
    """The request as it stands, corrected or not; None where nothing of it is to be said any more."""
    request = must_get(store, HelpRequest, request_id).record
    return request if _is_owed(request, at) else None


def told(store: Store, request_id: str, *, version: int, at: datetime) -> HelpRequest:
    """The caller rang again, and heard this version of the answer; also raises IllegalTransition."""
    return change(
        store,
        HelpRequest,
        request_id,
        lambda request: request.told(at=at) if request.answer_version == version else request,
    )


def _is_owed(request: HelpRequest, at: datetime) -> bool:
    """One that is texted, or will be in a moment, is told once; it is owed again where that fails, or is not done."""
    is_unheard = request.status is Status.FOLLOW_UP and not request.is_told
    is_texted = texting.is_with_the_caller(request) or texting.is_about_to_be_sent(request, at=at)
    return is_unheard and not is_texted and request.is_kept(at)
