"""The kinds of utterance, and the phrases of small talk, as data for `intent.py`."""

from enum import StrEnum


class Intent(StrEnum):
    """In order of precedence: "thanks, never mind, bye" withdraws. `nothing` is fillers alone: keep listening."""

    question = "question"
    withdraw = "withdraw"
    call_back = "call_back"
    human = "human"
    goodbye = "goodbye"
    repeat = "repeat"
    presence = "presence"
    thanks = "thanks"
    deny = "deny"
    affirm = "affirm"
    greeting = "greeting"
    nothing = "nothing"


_PERSON = (
    r"(?:a |an |the |your |some |one of your )?(?:(?:real|actual|live|human) )*"
    r"(?:person|people|human being|human|someone|somebody|agent|representative|operator|manager|receptionist|"
    r"supervisor|staff|staff member|member of staff)"
)
_YOU = r"(?:you|somebody|someone)"
_SPEAK = r"(?:speak|talk) (?:to|with|too|two)"
_SPEAK_TO = r"(?:speak|talk) (?:to|with)"

# One phrase a line; a line indented further goes on with the one above. Contractions are opened, and what a recogniser
# may write for a phrase is written too ("never mined", "good buy").
PHRASES: dict[Intent, str] = {
    Intent.withdraw: r"""
        (?:oh )?never ?(?:mind|mine|mined)
        forget (?:it|about it|that|i asked|my question|i said anything)
        do not (?:worry|bother)(?: about (?:it|that)| asking)?
        (?:it |that )?does not matter(?: any ?more)?
        (?:it|that) is not (?:that )?important
        no need(?: to (?:ask|check))?
        (?:leave|skip) (?:it|that)
        cancel (?:that|my question|the question)
        i (?:do not|no longer) need (?:it|that|to know)(?: any ?more)?
        i (?:have )?found (?:it|out)(?: myself)?
        i will (?:find out|look it up|figure it out)(?: myself)?
        i will call (?:back|again)(?: later| another time)?
    """,
    Intent.call_back: rf"""
        (?:(?:can|could|would|will|may) (?:you|somebody|someone|they|{_PERSON}) )?(?:please )?(?:call|ring|phone) me
            (?: back)?(?: (?:later|again|then|instead|please|today|tomorrow|sometime|some time|another time))*
        (?:can|could|may|might) i (?:please )?(?:have|get|request|be given) a ?call ?back
        (?:can|could|may) i be called back
        (?:i (?:want|need|would like|would prefer|would rather have) )?(?:a )?call ?back(?: please| later)?
        i (?:want|would like|would prefer) (?:to be called back|{_YOU} to (?:call|ring|phone) me(?: back)?)
        (?:have|let|get) (?:somebody|someone|them|{_PERSON}) call me(?: back)?
    """,
    Intent.human: rf"""
        (?:can|could|may|might) i (?:please )?{_SPEAK} {_PERSON}
        i (?:want|need|wish|have|would like|would love|would prefer) to {_SPEAK} {_PERSON}
        i would rather {_SPEAK} {_PERSON}
        (?:let me|is there a way to|is it possible to) {_SPEAK} {_PERSON}
        {_SPEAK} {_PERSON}
        (?:(?:can|could|would|will) you )?(?:please )?(?:put|pass|get) me (?:through |over )?(?:to |on to )?{_PERSON}
        (?:(?:can|could|would|will) you )?(?:please )?(?:connect|transfer|give|forward) me
            (?: over)?(?: to| with)? {_PERSON}
        is there {_PERSON}(?: there| available)?(?: (?:that |who )?i can {_SPEAK_TO}| to {_SPEAK_TO})?
        i (?:want|need|would like) an? (?:real |actual |live |human )*(?:person|human being|human|agent|operator)
        (?:real |live |actual )?(?:person|human being|human|agent|operator|representative|receptionist)
    """,
    Intent.goodbye: r"""
        good ?(?:bye|buy|by|night)
        (?:bye|buy|by)(?: (?:bye|buy|by|now))*
        see (?:you|ya)(?: later| then| soon)?
        (?:talk|speak) to you (?:later|soon|then)
        have a (?:good|nice|great|lovely) (?:day|one|evening|weekend|night|afternoon)
        (?:that is|that will be|that was) (?:all|it|everything)(?: (?:that )?i (?:needed|need|wanted))?
            (?: for (?:now|today|me)| from me)*
        i am (?:done|all set|all good)
        nothing (?:else|more)
        take care
        i (?:have|have got|got|need) to (?:go|run)
    """,
    Intent.repeat: r"""
        (?:(?:can|could|would) you )?(?:please )?(?:repeat|say) (?:that|it|this)
            (?: again| one more time| once more| for me| please)*
        what did you (?:just )?say
        i did not (?:hear|catch|get|understand)(?: (?:that|you|it|what you said))?
        (?:i beg your )?pardon(?: me)?
        (?:say|come) again
        what was that
        what
    """,
    Intent.presence: r"""
        (?:are|is|our) (?:you|anyone|anybody|someone|somebody|any one|any body) (?:still |even )?
            (?:there|their|here|on the line)
        (?:you )?still there
        (?:can|do) (?:you|anyone|anybody) (?:still )?(?:hear|here) me
        (?:anybody|anyone) (?:there|home)
        hello(?: hello)+
    """,
    Intent.thanks: r"""
        (?:thanks|thank you|thank|thanks you|thank q)(?: (?:a lot|so much|very much|a bunch|a million|again|
            for (?:that|your help|your time|the help|the information|helping|letting me know|checking|asking|calling)))*
        cheers
        much appreciated
        i (?:really )?appreciate (?:it|that|your help)
        (?:that is|that was|you have been|you are|you were) (?:so |very |really |super )?(?:helpful|kind)
        great help
    """,
    Intent.deny: r"""
        no(?: no)*
        (?:nope|nah|know|negative)
        no (?:thanks|thank you|way)
        not (?:really|now|yet|at the moment|right now|at all)
        i do not (?:think so|want that|know)
        (?:of course|absolutely|certainly|definitely) not
        that is (?:not right|not correct|wrong|incorrect)
    """,
    Intent.affirm: r"""
        (?:yes|yeah|yep|yup|yea|sure|correct|right|exactly|absolutely|definitely|certainly|affirmative)
        of course
        that is (?:right|correct|fine|good|great|okay|ok|perfect|no problem)
        (?:that|it) works(?: for me)?
        that would be (?:great|good|fine|nice|lovely|perfect|wonderful)
        sounds (?:good|great|fine|perfect)
        (?:ok|okay|alright|all right|fine|great|perfect|good|cool|wonderful|lovely|awesome|excellent|nice)
        i (?:do|am|would|can|see|understand|understood)
        (?:please )?(?:do|go ahead)
        i (?:will|can) (?:wait|hold)
        no problem
        take your time
        (?:got it|understood)
    """,
    Intent.greeting: r"""
        (?:hi|high|hello|hey|hallo|hiya|howdy|greetings)(?: there)?
        good (?:morning|afternoon|evening|day)
        (?:morning|afternoon|evening)
        how are you(?: doing)?(?: today)?
        how is it going
        nice to (?:meet|talk to|speak to) you
    """,
    Intent.nothing: r"""
        (?:hold|hang) on(?: a (?:moment|second|sec|minute))?
        (?:just )?(?:one|a) (?:moment|second|sec|minute)
        wait(?: a (?:moment|second|sec|minute))?
        let me (?:think|see)
        give me a (?:moment|second|sec|minute)
        (?:um|umm|uh|er|erm|ah|hm|hmm|mm|mhm|oh|huh)
        (?:well|so|and|then|but|please|sorry|just|actually|now|like|anyway|really|ok then|you know|i mean)
        excuse me
        (?:a|the|it|i|for (?:now|me)|today|again|very much|if possible|to you|you too|i guess|i think)
        (?:sir|madam|miss|man|dear|everyone|everybody|my friend|all|there)
    """,
}
