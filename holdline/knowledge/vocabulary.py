"""Everyday English as data: which words carry no meaning of their own, and which mean the same.

Nothing here belongs to one trade or organisation; an entry's own phrasings teach what its callers say.
A member of two or more words is a phrase. The first member of a group names it.
"""


def listed(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


# Words that a sentence cannot do without and that say little about what is asked.
FUNCTION = listed("""
    a an the this that these those there here i me my mine myself you your yours yourself we us our ours he him his
    she her hers it its they them their theirs one ones is are be being am do does done doing have has had having
    will would shall should can could may might of to in on at for from by with about as into onto up and or but if
    so then than too also just even well okay ok um umm uh er erm ah hmm hm mm mhm oh yeah yes yep hi hello hey
    please sorry like actually basically really maybe perhaps guess think know wonder wondering tell say ask asking
    question quick anyway some any something anything somewhere someone somebody anybody anyone what which how
    whether guys folks people able did goes lot spot space possible possibly kind sort type right now still ever
    exactly usually normally until till going again
""")

# Verbs and small words that colour a question without naming its subject.
LIGHT = listed("""
    two four half get take make give want offer provide use go come see look let put keep find try happen allow
    accept not all every each both was were been run running time day before after during over under out off much
    more only availability available good best sure bit little way thing stuff morning afternoon evening tonight
    tomorrow place office shop store salon practice clinic studio company welcome allowed method form always already
    mom mother mum dad father sister brother friend aunt uncle grandma grandmother terrible awful horrible severe
    building
""")

# Ways to say the same thing. Too wide a group makes wrong answers: when in doubt, leave a word out.
SAME = (
    ("email", "email address", "mail address", "mail"),
    ("makeup", "make up"),
    ("goodfriday", "good friday"),
    ("blackfriday", "black friday"),
    ("price", "how much", "cost", "charge", "fee", "rate", "pricing", "how expensive", "how pricey", "set me back"),
    (
        "when",
        "what time",
        "what times",
        "at what time",
        "how late are",
        "how late do",
        "how early",
        "until when",
        "till when",
        "until what time",
        "till what time",
    ),
    ("duration", "how long", "how much time", "how many hours", "how many minutes"),
    ("since", "when did you", "when did", "how long has", "how long have you been", "how long have you"),
    ("many", "how many"),
    ("often", "how often"),
    ("far", "how far"),
    ("age", "how old"),
    (
        "where",
        "location",
        "located",
        "address",
        "directions",
        "direction",
        "whereabouts",
        "find you",
        "how do i get there",
        "how do i find",
        "get to you",
    ),
    (
        "need",
        "do i need",
        "do i have to",
        "would i have to",
        "will i have to",
        "do we need",
        "do we have to",
        "must i",
        "would i need",
        "will i need",
        "have to",
        "got to",
        "need to",
        "supposed to",
        "require",
        "necessary",
        "must",
        "mandatory",
    ),
    ("close", "shut", "finish"),
    ("appointment", "booking", "book", "visit", "reservation", "reserve", "schedule"),
    ("cancel", "cancellation", "call off", "canceled", "cancelled", "canceling", "cancelling"),
    ("reschedule", "move", "change", "postpone", "rebook", "switch"),
    ("late", "delayed", "behind"),
    ("pay", "payment", "paid"),
    ("card", "credit card", "credit cards", "debit card", "debit cards", "debit", "credit"),
    ("child", "children", "kid", "toddler", "son", "daughter", "boy", "girl", "youngster", "little one", "little ones"),
    ("man", "men", "mens", "male", "gentleman", "gentlemen", "husband", "guy"),
    ("woman", "women", "womens", "female", "lady", "ladies", "wife"),
    ("park", "parking", "car park", "parking lot", "parking space", "parking spot", "park my car", "leave my car"),
    ("hurt", "painful", "pain", "ache", "sore", "hurts"),
    ("discount", "deal", "special offer", "special offers", "promotion", "reduction", "money off"),
    ("voucher", "gift card", "gift cards", "gift voucher", "gift certificate", "gift vouchers"),
    (
        "walk-in",
        "walk in",
        "walk ins",
        "walking in",
        "walk-ins",
        "walkin",
        "drop in",
    ),
    ("other", "another", "else", "different"),
    ("wheelchair", "wheel chair", "step free"),
    ("weekday", "weekdays", "during the week", "on a weekday"),
    ("weekend", "weekends"),
    ("doctor", "dr"),
    ("color", "colour", "dye", "tint"),
    ("begin", "start"),
    ("choose", "pick", "request", "select", "particular"),
    ("person", "human"),
    ("photo", "picture"),
    ("bring", "bring along"),
    ("buy", "purchase", "sell"),
)

# What is asked of a subject. However many entries tell a price, asking for one is never a detail.
ASPECTS = frozenset(
    ("price", "when", "duration", "since", "many", "often", "far", "where", "who", "whose", "why", "need", "age")
)

# Within one entry each stands for the others that it names.
INTERCHANGEABLE = listed("monday tuesday wednesday thursday friday saturday sunday")

# One expression for two ideas, each named as in SAME or by its stem.
COMPOSED = {
    "hours": ("when", "open"),
    "how long are you open": ("when", "open"),
    "are you closed": ("open",),
    "hour": ("when", "open"),
    "an hour": ("hour",),
    "one hour": ("hour",),
    "half hour": ("hour",),
    "happy hour": ("happyhour",),
    "opening hour": ("when", "open"),
    "opening time": ("when", "open"),
    "what hours": ("when", "open"),
    "opening hours": ("when", "open"),
    "opening times": ("when", "open"),
    "business hours": ("when", "open"),
    "office hours": ("when", "open"),
    "hours of operation": ("when", "open"),
    "closing time": ("when", "close"),
    "what time can i come": ("when", "open"),
    "when can i come": ("when", "open"),
    "how late can i come": ("when", "open"),
    "can i come in on": ("open",),
    "can i come on": ("open",),
    "do you work on": ("open",),
}

CONTRACTIONS = {
    "can't": "can not",
    "cannot": "can not",
    "won't": "will not",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "got to",
    "dunno": "do not know",
    "dont": "do not",
    "im": "i am",
} | {
    f"{word}'s": f"{word} is"
    for word in ("it", "that", "this", "what", "where", "when", "who", "how", "there", "here", "he", "she")
}
ENDINGS = {"n't": "not", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would", "'m": "am"}

NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
