"""What a phone was asked: each under a code of its own, for a day."""

from holdline.duty import KEPT, REMEMBERED_FOR, DutyPhone, questions_of, read_phone
from holdline.memory_store import MemoryDatabase
from holdline.store import Create, Store
from tests.builders import NOW, a_request, later

PHONE = "+15555550144"
A_DAY = REMEMBERED_FOR.total_seconds()


def test_no_two_questions_that_are_kept_have_one_code() -> None:
    phone = DutyPhone(id=PHONE)
    for n in range(500):
        phone = phone.asking(f"request-{n}", at=later(n))
        codes = [one.code for one in phone.asked]
        assert len(set(codes)) == len(codes) <= KEPT
        assert phone.code_of(f"request-{n}") == codes[-1]


def test_a_question_that_is_asked_again_keeps_its_code() -> None:
    phone = DutyPhone(id=PHONE).asking("request-1", at=NOW)
    assert phone.asking("request-1", at=later(9)) == phone


def test_what_is_a_day_old_is_forgotten() -> None:
    phone = DutyPhone(id=PHONE).asking("request-1", at=NOW)
    assert len(phone.asked_lately(later(A_DAY - 1))) == 1
    assert phone.asked_lately(later(A_DAY)) == []
    assert [one.request for one in phone.asking("request-2", at=later(A_DAY)).asked] == ["request-2"]


def test_a_question_that_is_gone_or_broken_keeps_no_other_from_being_found(
    database: MemoryDatabase, store: Store
) -> None:
    phone = DutyPhone(id=PHONE)
    for name in ("broken", "gone", "request-1"):
        phone = phone.asking(name, at=NOW)
    store.commit(Create(a_request()))
    database.write_by_hand("orgs/salon/help_requests/broken", {"status": "done"})
    assert [request.id for _, request in questions_of(store, phone, at=NOW)] == ["request-1"]


def test_a_phones_document_that_a_hand_broke_is_written_anew(database: MemoryDatabase, store: Store) -> None:
    database.write_by_hand(f"orgs/salon/duty_phones/{PHONE}", {"asked": "everything"})
    phone, write = read_phone(store, PHONE)
    store.commit(write(phone.asking("request-1", at=NOW)))
    assert read_phone(store, PHONE)[0].code_of("request-1") is not None
