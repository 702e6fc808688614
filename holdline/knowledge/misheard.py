"""What a speech recogniser writes instead of small words, as data."""

from holdline.knowledge.vocabulary import listed

# Small words that a recogniser puts into the middle of a set phrase that begins with one of these.
ASKED_WITH = listed("how what when")
INSERTED = listed("a an the and of to in that i")

# Words that nobody says to a business, and what was said instead.
NEVER_SAID = {
    "ewe": "you",
    "yew": "you",
    "u": "you",
    "ya": "you",
    "dew": "do",
    "hav": "have",
    "halve": "have",
    "kin": "can",
    "eye": "i",
}

# What was said instead of a word that a caller may mean as well, told by the word after it or before it.
_THINGS = listed("a an the me my your our his her them this that any")
_DEEDS = listed(
    "get have come see know book pay make be go do find park cut bring ask talk speak move change cancel take"
)
BEFORE = {
    "four": ("for", _THINGS),
    "two": ("to", listed("the my your") | _DEEDS),
    "too": ("to", listed("the my your") | _DEEDS),
    "due": ("do", listed("i you we they")),
    "our": ("are", listed("i you we they your there")),
    "or": ("are", listed("you your")),
    "add": ("at", listed("your")),
    "high": ("hi", listed("there i can could do are is what when how where um")),
    "wear": ("where", listed("is are do can could would")),
    "his": ("is", listed("it that there this")),
    "goes": ("does", listed("it that a the")),
}
# An ending that became a word of its own: "i am look in for".
CUT_OFF = {"look": "looking", "wonder": "wondering", "hop": "hoping", "phon": "phoning"}
AFTER = {"half": ("have", listed("i you we they")), "by": ("my", listed("cut color dye move change cancel get"))}

# What a recogniser writes for a small word it misheard, used only where no entry knows the word. None that a caller
# may mean is here.
MISHEARD = {
    "due": "do",
    "ours": "hours",
    "ar": "are",
    "arr": "are",
    "r": "are",
    "inn": "in",
    "bee": "be",
    "wood": "would",
    "aye": "i",
    "ware": "where",
    "fore": "for",
    "oar": "or",
    "ore": "or",
    "watt": "what",
    "ken": "can",
    "knot": "not",
}
