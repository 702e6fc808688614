"""What is small talk and what is a question."""

import pytest

from holdline.intent import Intent, intent

SMALL_TALK = {
    Intent.greeting: ("hello", "Hi there!", "good morning", "hey how are you today", "um hello", "high there"),
    Intent.thanks: (
        "thanks",
        "Thank you so much for your help.",
        "ok thank you",
        "great thanks",
        "thanks a lot that is very helpful",
        "I really appreciate it",
    ),
    Intent.withdraw: (
        "never mind",
        "Oh, never mind, thanks.",
        "never mined",
        "nevermind bye",
        "forget it",
        "don't worry about it",
        "actually it doesn't matter",
        "you know i don't need that anymore",
    ),
    Intent.goodbye: (
        "bye",
        "goodbye",
        "good buy",
        "ok bye bye",
        "no that's all thank you",
        "thank you have a nice day",
        "that's it for today",
        "see you later",
    ),
    Intent.affirm: ("yes", "yeah sure", "okay", "that's fine", "yes please", "sounds good", "alright i will wait"),
    Intent.deny: ("no", "no thanks", "nope", "not really", "no no", "i don't think so"),
    Intent.human: (
        "can I speak to a person",
        "could i please talk to a real human being",
        "i want to talk to somebody",
        "put me through to someone please",
        "i'd like to speak with the manager",
        "representative",
        "can you transfer me to an agent",
        "is there a real person i can talk to",
        "let me speak to a human",
    ),
    Intent.presence: (
        "hello are you there",
        "are you still there",
        "hello hello",
        "can you hear me",
        "hello is anybody there",
        "are you their",
    ),
    Intent.repeat: ("pardon", "sorry what did you say", "can you repeat that please", "i didn't catch that", "what"),
    Intent.nothing: ("", "um", "uh well", "hold on a second", "one moment please", "let me see"),
}

QUESTIONS = (
    "thanks and do you have parking",
    "hello do you have parking",
    "yes and how much is a haircut",
    "no i meant on sunday",
    "never mind that do you have parking",
    "can i speak to maria",
    "do you speak spanish",
    "are you there on sunday",
    "is somebody there on sunday morning",
    "good morning what time do you open",
    "what about saturday",
    "where",
    "how much",
    "i'd like to make an appointment",
    "can you repeat the price of a haircut",
    "can you hear me i want to know about parking",
    "my name is anna",
    "people",
    "what time do you say goodbye to the last customer",
    "i forgot my jacket",
    "is there a person there who speaks french",
    "do you have a nice day spa",
    "sure but how much is it",
    "i don't want to wait",
)


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in SMALL_TALK.items() for text in texts])
def test_small_talk_is_known_for_what_it_is(kind: Intent, text: str) -> None:
    assert intent(text) is kind


@pytest.mark.parametrize("text", QUESTIONS)
def test_anything_more_than_small_talk_is_a_question(text: str) -> None:
    assert intent(text) is Intent.question


def test_a_very_long_utterance_is_judged_at_once() -> None:
    assert intent("hello " * 2000 + "do you have parking") is Intent.question
