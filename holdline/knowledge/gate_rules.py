"""The rules of the gate, as data: patterns in lower-case text, read top to bottom."""

from holdline.knowledge.vocabulary import ASPECTS

_SPOKEN_DIGIT = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_MATTER = (
    r"(?:appointment|booking|reservation|order|account|bill|invoice|balance|refund|deposit|payment|prescription|"
    r"results?|x-?rays?|claim|case|file|record|bag|jacket|coat|phone|keys?|umbrella)"
)
_DAY = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_WILL = (
    r"(?:\b(?:will|shall|gonna|(?:going|about|like|want|need|have|has|asked|told) (?:\w+ )?to|let (?:me|us))|'ll)"
    r"(?: \w+){0,3}?"
)
_REACH = (
    r"(?:call|ring|phone|text|e-?mail|message|contact|reach|transfer|connect|forward|put|patch|get back to|"
    r"speak (?:to|with))"
)
_REACHING = (
    r"(?:calling|ringing|phoning|texting|e-?mailing|contacting|transferring|connecting|forwarding|putting|patching|"
    r"getting back to)"
)
_PERSONAL_PROMISE = "it is a promise to this caller, not an answer"
CONTEXT = "the question makes sense only in its conversation"
# "How much is it" asks, and does not say of what; "where are you" does.
NO_SUBJECT = ASPECTS - {"where"}

# What must be read by a person before others hear it: (where to look, pattern, reason).
PENDING: tuple[tuple[str, str, str], ...] = (
    ("both", r"\S@\S|\b\w+ at \w+ dot (?:com|net|org)\b", "it holds an e-mail address"),
    ("both", r"(?:\d[ -]?){13,19}", "it holds what looks like a card number"),
    ("both", r"\+?\(?\d(?:[ ().-]*\d){6,}", "it holds what looks like a phone number"),
    ("both", rf"\b{_SPOKEN_DIGIT}(?:[ ,-]+{_SPOKEN_DIGIT}){{6,}}\b",
     "it holds what looks like a phone or card number"),
    ("both", r"\b(?:lives? (?:at|in|on|near)|(?:home|private|her|his) (?:address|number|cell|mobile|phone))\b",
     "it tells where or how to reach a person"),
    ("both", r"\b(?:social security|date of birth|passport|iban|sort code|pin code|password)\b",
     "it holds personal data"),
    ("answer", r"\b(?:i (?:think|guess|believe|suppose|assume|imagine)|not (?:\w+ )?(?:sure|certain)|maybe|perhaps|"
     r"probably|possibly|presumably|might be|could be|should be (?:fine|ok|okay)|as far as i know|if i remember|"
     r"i would say|hopefully|unsure)\b", "the person was not certain"),
    ("answer", r"\b(?:let me (?:check|ask|find out|look|see)|i(?:'ll| will| need to| have to|'d have to) "
     r"(?:check|ask|find out|look|get back)|checking|hold on|one (?:moment|second|minute)|bear with)\b",
     "it is a promise to find out, not an answer"),
    ("answer", rf"(?:{_WILL}|\bcan(?: \w+)?) (?:{_REACH}|be {_REACHING}) you\b|"
     rf"(?:\b(?:am|is|are)|'m|'s|'re)(?: \w+){{0,2}}? {_REACHING} you\b|"
     r"\b(?:calls?|called|rings?|phones?) you (?:right )?back\b|"
     r"\b(?:give|giving) you (?:a|another) (?:\w+ )?(?:call|ring|buzz)\b|"
     r"\b(?:expect|get|receive|await) (?:a|our|her|his|my|their) (?:\w+ )?call\b|\bcall-?backs?\b|"
     r"\bbe(?:ing)? (?:\w+ )?(?:transferred|connected|put through|in touch)\b|"
     r"\bhear (?:back )?from (?:us|me|him|her|them)\b", _PERSONAL_PROMISE),
    ("answer", rf"{_WILL} (?:follow up|let you know|pass (?:it|that|this|your \w+) (?:on|along)|"
     r"(?:take|pick up) (?:your|the|this) call|come to the phone|be (?:\w+ )?(?:with|talking to) you)\b|"
     r"\bwith you (?:shortly|soon|in a|right away|as soon)\b|\bstay (?:on the line|with (?:me|us))\b|"
     r"\b(?:please hold|hold (?:please|the line)|hang (?:on|tight))\b|"
     r"\ba (?:moment|second|sec|minute),? please\b|\bjust a (?:moment|second|sec|minute)\W*$", _PERSONAL_PROMISE),
    ("answer", r"\b(?:no idea|(?:do not|don't|dont) know|can(?:not|'t|t) (?:say|tell|answer|help)|"
     r"(?:call|try|ring|phone) (?:us |me |again )?(?:back|again|later|tomorrow)|ask (?:someone|somebody) else)\b",
     "it does not answer the question"),
    ("question", r"^(?:(?:and|but|so|or|ok|okay|well|then) )*(?:what|how) about "
     r"(?:that|this|it|them|those|these|the other)\b", CONTEXT),
    ("question", r"\b(?:that|this|the other|the same|the first|the second|which) ones?\b", CONTEXT),
    ("question", r"^(?:and|but|or|so) (?:is|was|does|do|can|will|are) (?:it|that|this|they|he|she)\b", CONTEXT),
    ("question", r"\b(?:is|was|does|will|can) (?:he|she)\b", CONTEXT),
    ("answer", rf"\b(?:until|till|through|from|starting|in|by) (?:the (?:end|middle|beginning) of )?{_MONTH}\b|"
     r"\b(?:this (?:spring|summer|autumn|fall|winter|season|year)|next (?:month|year|season)|soon|temporarily|for now|"
     r"for the time being|until further notice)\b", "it is true for a while only, and it does not say until when"),
)  # fmt: skip

# What concerns the caller alone.
OWN: tuple[tuple[str, str], ...] = (
    ("answer", rf"\byour (?:\w+ )?{_MATTER} (?:is|was|are|were|has|have|will|starts|begins|got|came|'s)\b"),
    ("answer", r"\byou(?: are|'re| were| have|'ve)? (?:booked|down for|left|owe|paid|already|due|on the list)\b"),
    ("answer", r"\b(?:i|we)(?:'ve| have|'ll| will)? (?:just )?(?:moved|booked|cancelled|canceled|changed|refunded|put|"
     r"got|have|found|see|squeeze|fit) (?:you|your)\b"),
    ("answer", r"\b(?:mrs|mr|ms|miss)\.? [a-z]+"),
    ("question", rf"\b(?:is|was|are|were|has|have|did|does|when|where|who|what|got|get|find|found|about) my "
     rf"(?:\w+ )?{_MATTER}\b"),
    ("question", r"\b(?:do i owe|am i (?:booked|on the list|late|due)|did i (?:leave|forget|book|pay)|who am i seeing|"
     r"my name is|what time am i)\b"),
)  # fmt: skip

# For how long it holds: (pattern, the period whose end is meant).
PERIODS: tuple[tuple[str, str], ...] = (
    (r"\b(?:today|tonight|this (?:morning|afternoon|evening)|right now|at the moment|currently|just now)\b", "day"),
    (r"\btomorrow\b", "tomorrow"),
    (r"\bthis (?:week|weekend)\b", "week"),
    (r"\bnext (?:week|weekend)\b", "next week"),
    (r"\bthis month\b", "month"),
    (rf"\b(?:this|next|until|till|through) (?P<day>{_DAY})\b", "named day"),
)
