"""Who somebody is comes from verified claims alone, and half a role is none."""

import base64
import json
from typing import Any

import pytest

from functions.identity import FirebaseIdentity, NotSignedIn, Visitor
from holdline.errors import BadSettings
from holdline.people import Role
from tests.unit.functions.world import World

VISITOR = Visitor(uid="ana")


@pytest.mark.parametrize(
    ("claims", "visitor"),
    [
        ({"org": "salon", "role": "supervisor"}, Visitor(uid="ana", org="salon", role=Role.SUPERVISOR)),
        ({"org": "salon", "role": "admin"}, Visitor(uid="ana", org="salon", role=Role.ADMIN)),
        ({}, VISITOR),
        ({"org": "salon"}, VISITOR),
        ({"role": "admin"}, VISITOR),
        ({"org": "salon", "role": "owner"}, VISITOR),
        ({"org": "salon", "role": ["admin"]}, VISITOR),
        ({"org": "", "role": "admin"}, VISITOR),
        ({"org": "salon/calls/1", "role": "admin"}, VISITOR),
        ({"org": "..", "role": "admin"}, VISITOR),
        ({"org": 7, "role": "admin"}, VISITOR),
        ({"org": None, "role": None}, VISITOR),
    ],
)
def test_a_role_needs_an_organisation_and_an_organisation_a_role(claims: dict[str, Any], visitor: Visitor) -> None:
    assert Visitor.of({"uid": "ana", **claims}) == visitor


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    [
        "garbage",
        "a.b.c",
        ".".join((encoded({"alg": "none"}), encoded({"sub": "ana", "aud": "demo-holdline"}), "")),
        ".".join((encoded({"alg": "RS256", "kid": "1"}), encoded([]), "c2ln")),
        ".".join((encoded([]), encoded({}), "c2ln")),
        ".".join((encoded({"alg": "RS256", "kid": "1"}), encoded({"sub": "ana", "aud": "another"}), "c2ln")),
    ],
    ids=["garbage", "three parts", "unsigned", "a list of claims", "a list as header", "of another project"],
)
def test_what_is_no_token_of_our_project_is_refused(world: World, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing listens there: a token that got as far as being looked up would not be "refused".
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9")
    settings = world.settings.model_copy(update={"firebase_auth_emulator_host": "127.0.0.1:9"})
    with pytest.raises(NotSignedIn):
        FirebaseIdentity(settings).verify(token)


def test_the_emulator_whose_tokens_are_unsigned_is_only_for_demo_projects(world: World) -> None:
    settings = world.settings.model_copy(
        update={"firebase_auth_emulator_host": "127.0.0.1:9099", "google_cloud_project": "the-real-thing"}
    )
    with pytest.raises(BadSettings, match="FIREBASE_AUTH_EMULATOR_HOST"):
        FirebaseIdentity(settings)
