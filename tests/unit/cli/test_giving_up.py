"""A command that cannot go on says why, and where the way out is found."""

import pytest

from cli.giving_up import give_up
from holdline.errors import NoCredentials, StoreError, Unavailable


@pytest.mark.parametrize(
    ("error", "sends_to_doctor"),
    [(Unavailable("Firestore: 504 Deadline Exceeded"), True), (NoCredentials("Run this."), False)],
)
def test_what_does_not_answer_is_the_doctors(
    error: StoreError, sends_to_doctor: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        give_up(error)
    told = capsys.readouterr().err
    assert ended.value.code == 1
    assert str(error) in told
    assert ("holdline doctor" in told) is sends_to_doctor
