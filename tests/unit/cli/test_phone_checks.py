"""What LiveKit's and Twilio's side of a number has wrong is put into one sentence, and its remedy into another."""

import pytest

from cli.checks import phone
from cli.checks.check import Fault
from deploy.phone_step import CannotGoOn


@pytest.mark.parametrize(
    ("text", "said", "remedy"),
    [
        (
            "Twilio refuses the account: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
            "Twilio refuses the account",
            "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
        ),
        (
            "LiveKit does not answer at wss://holdline.livekit.cloud (TimeoutError): check LIVEKIT_URL.",
            "LiveKit does not answer at wss://holdline.livekit.cloud (TimeoutError)",
            "Check LIVEKIT_URL.",
        ),
        (
            "Twilio refuses (20003): something of its own",
            "Twilio refuses (20003): something of its own",
            "See what the console of the provider says.",
        ),
    ],
)
def test_an_obstacle_is_split_into_what_is_wrong_and_what_to_do(text: str, said: str, remedy: str) -> None:
    assert phone._in_words(CannotGoOn(text)) == Fault(said, remedy)
