"""The one tree of domain errors. Adapters raise these; each edge translates them once into words or a status.

HoldlineError
+-- BadSettings          a program cannot start
+-- InvalidDocument      a document that people wrote breaks its shape; names document, field and what is allowed
+-- InvalidAnswer        an answer that must not be spoken as it stands
+-- NotFound             no such document in this organisation
+-- IllegalTransition    this event cannot happen in this status
|   +-- AlreadyTaken     somebody else was first, and who
+-- NoVoiceAgent         nothing valid to answer this call with
+-- CallOver             there is nobody left to answer
+-- LeaseLost            another job has the call now
+-- StoreError
    +-- AlreadyExists    create() met a document
    +-- Stale            the document changed since it was read
    +-- NoCredentials    nobody said as whom we speak to storage
    +-- Unavailable      storage does not answer
"""


class HoldlineError(Exception):
    """Something that the product foresees; its text is fit to be shown."""


class BadSettings(HoldlineError):
    def __init__(self, *, missing: list[str], malformed: dict[str, str]) -> None:
        self.missing = missing
        self.malformed = malformed
        lines = [f"missing: {', '.join(missing)}"] if missing else []
        lines += [f"{name}: {problem}" for name, problem in sorted(malformed.items())]
        remedy = "Give them in the environment or in .env; .env.example says what each one is."
        super().__init__(f"These settings keep the program from starting. {'; '.join(lines)}\n{remedy}")


class InvalidDocument(HoldlineError):
    """`noted` is the remark that already stands beside the document, if any."""

    def __init__(self, path: str, problems: dict[str, str], *, noted: str | None = None) -> None:
        self.path = path
        self.problems = problems
        self.noted = noted
        self.problem = "; ".join(f"{field}: {problem}" for field, problem in problems.items())
        super().__init__(f"{path}: {self.problem}")


class InvalidAnswer(HoldlineError):
    """The text says what is wrong with the answer and what is allowed."""


class NotFound(HoldlineError):
    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"There is no {path}.")


class IllegalTransition(HoldlineError):
    def __init__(self, status: str, event: str) -> None:
        self.status = status
        self.event = event
        super().__init__(f"A request that is {status.replace('_', ' ')} cannot be {event.replace('_', ' ')}.")


class AlreadyTaken(IllegalTransition):
    """Two people acted at once; `by` is the name of the one who was first, and `why` says what they did."""

    def __init__(self, status: str, event: str, *, by: str, why: str | None = None) -> None:
        super().__init__(status, event)
        self.by = by
        self.args = (why or f"Already taken by {by}.",)


class NoVoiceAgent(HoldlineError):
    """No valid voice agent is in force for this line, or it is switched off."""


class CallOver(HoldlineError):
    """The call ended before it was answered."""


class LeaseLost(HoldlineError):
    """Another job has the call, or nobody is to have it any more."""


class StoreError(HoldlineError):
    """Storage refused or failed."""


class AlreadyExists(StoreError):
    """A document with this id is already there."""


class Stale(StoreError):
    """The document changed, or went away, since it was read."""


class NoCredentials(StoreError):
    """This machine holds no credentials for storage, or none that can be read."""


class Unavailable(StoreError):
    """Storage did not answer within its bound."""
