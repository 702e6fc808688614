"""What is said around a question, as data: introductions, politeness, fillers. None of it is what is asked."""

from holdline.knowledge.vocabulary import listed

# Said to introduce a question: what follows is asked, whatever its form.
ASKING = (
    *(
        f"{lead} {to}{verb}"
        for lead in (
            *("i want", "i wanted", "i would like", "i would love", "i need", "i was hoping", "i am trying"),
            *("i was trying", "i am calling", "i was calling", "i called", "i am ringing", "i am phoning"),
        )
        for to in ("to ", "too ", "two ", "")
        for verb in ("know", "ask", "ask about", "find out", "check", "see", "inquire about")
    ),
    *(
        f"{lead} {verb}"
        for lead in ("can you", "could you", "would you", "will you", "can i", "could i", "may i")
        for verb in ("tell me", "let me know", "say", "check", "ask", "ask you")
    ),
    *("i was wondering", "i am wondering", "wondering", "i wonder", "i am calling about", "i am calling because"),
    *("i have a question", "i have got a question", "i have a quick question", "i had a question", "quick question"),
    *("question about", "tell me", "let me know", "do you know", "do you happen to know", "do you happen to"),
    *("would you mind", "would it be possible to", "is it possible to", "would i be able to", "am i able to"),
    *("are you able to", "what about", "how about", "i asked"),
)

# Said to introduce a wish.
WANTING = (
    *("i want", "i need", "i would like", "i would love", "i am looking for", "i am looking to", "i am interested in"),
    *("i have to", "i must", "i have got to", "i got to", "we need", "we want", "we would like"),
)

# Said beside a question and never the question.
ASIDE = (
    *(
        "do you guys",
        "do you all",
        "you guys",
        "by any chance",
        "or something like that",
        "or something",
        "or anything",
    ),
    *("or what", "or not", "at all", "you know", "i mean", "i guess", "i think", "find out", "i said", "as i said"),
    *("like i said", "again please", "one more time", "excuse me", "good morning", "good afternoon", "good evening"),
    *("good day", "hi there", "thank you", "thanks", "in the world"),
    *(
        f"{at} {the} {place}"
        for at in ("at", "in")
        for the in ("your", "the")
        for place in ("place", "office", "salon", "practice", "shop", "store", "clinic")
    ),
    "at yours",
    *("what sort of", "what kind of", "what kinds of", "what type of", "sort of", "kind of"),
)

# Dropped before anything else is looked at.
FILLERS = listed("um umm uh er erm ah hmm hm mm mhm oh well just really actually basically please sorry anyway")
