"""No client reads or writes anything: every role, every collection, every verb, over REST against the real rules."""

import base64
import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from local.checkout import ROOT

RULES = (ROOT / "firestore.rules").read_text()
# Grants everything to who is signed in for the organisation: to see that such a hole would be seen.
HOLE = """
rules_version = '2';
service cloud.firestore {
  match /databases/{database}/documents {
    match /orgs/{org}/{document=**} {
      allow read, write: if request.auth.token.org == org;
    }
  }
}
"""

TOP_LEVEL = ["phone_numbers", "config_versions", "config_in_force", "platform_tools", "leases", "orgs", "anything"]
OF_AN_ORGANISATION = [
    "voice_agents",
    "people",
    "presence",
    "answer_times",
    "duty_phones",
    "calls",
    "turns",
    "instructions",
    "help_requests",
    "transfers",
    "knowledge",
    "knowledge_versions",
    "config_versions",
    "config_in_force",
    "tools",
    "scenarios",
    "training",
    "audit",
    "secrets",
    "anything",
]
COLLECTIONS = [*TOP_LEVEL, *(f"orgs/salon/{name}" for name in OF_AN_ORGANISATION), "orgs/salon/knowledge/entry/deeper"]
VERBS = ["get", "list", "query", "create", "update", "delete"]

OWNER = "owner"
ROLES: dict[str, dict[str, Any] | None] = {
    "nobody": None,
    "anonymous caller": {"firebase": {"sign_in_provider": "anonymous"}},
    "supervisor": {"org": "salon", "role": "supervisor"},
    "admin": {"org": "salon", "role": "admin"},
    "supervisor of another organisation": {"org": "dental", "role": "supervisor"},
}


@dataclass
class Rest:
    """Firestore's REST door, as a browser would knock at it."""

    connection: http.client.HTTPConnection
    project: str

    def use_rules(self, rules: str) -> None:
        body = {"rules": {"files": [{"name": "firestore.rules", "content": rules}]}}
        status = self._ask("PUT", f"/emulator/v1/projects/{self.project}:securityRules", body, token=OWNER)
        assert status == 200

    def seed(self, collection: str) -> None:
        """A document to find, as our servers would write it."""
        assert self.attempt("update", collection, token=OWNER) == 200

    def attempt(self, verb: str, collection: str, *, token: str | None) -> int:
        """The status that this verb on this collection gets."""
        root = f"/v1/projects/{self.project}/databases/(default)/documents"
        document = {"fields": {"name": {"stringValue": "changed"}}}
        parent, _, last = collection.rpartition("/")
        match verb:
            case "get":
                return self._ask("GET", f"{root}/{collection}/seeded", token=token)
            case "list":
                return self._ask("GET", f"{root}/{collection}", token=token)
            case "query":
                query = {"structuredQuery": {"from": [{"collectionId": last}]}}
                return self._ask("POST", f"{root}{'/' if parent else ''}{parent}:runQuery", query, token=token)
            case "create":
                return self._ask("POST", f"{root}/{collection}?documentId={uuid4().hex}", document, token=token)
            case "update":
                return self._ask("PATCH", f"{root}/{collection}/seeded", document, token=token)
            case "delete":
                return self._ask("DELETE", f"{root}/{collection}/seeded", token=token)
        raise ValueError(verb)

    def token_for(self, claims: dict[str, Any] | None) -> str | None:
        """An ID token as the emulator takes it: unsigned."""
        if claims is None:
            return None
        now = int(time.time())
        standard = {
            "iss": f"https://securetoken.google.com/{self.project}",
            "aud": self.project,
            "sub": "uid-1",
            "user_id": "uid-1",
            "iat": now,
            "auth_time": now,
            "exp": now + 3600,
            "firebase": {"sign_in_provider": "password"},
        }
        return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(standard | claims)}."

    def _ask(self, method: str, path: str, body: Any = None, *, token: str | None) -> int:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = self.connection.getresponse()
        response.read()
        return response.status


@pytest.fixture
def rest(emulator_host: str) -> Iterator[Rest]:
    connection = http.client.HTTPConnection(emulator_host, timeout=10)
    rest = Rest(connection, f"demo-{uuid4().hex[:12]}")
    rest.use_rules(RULES)
    yield rest
    connection.close()


@pytest.mark.parametrize("role", ROLES)
def test_a_client_is_refused_at_every_collection_with_every_verb(rest: Rest, role: str) -> None:
    token = rest.token_for(ROLES[role])
    for collection in COLLECTIONS:
        rest.seed(collection)
    got = {
        f"{verb} {collection}": rest.attempt(verb, collection, token=token)
        for collection in COLLECTIONS
        for verb in VERBS
    }
    assert {what: status for what, status in got.items() if status != 403} == {}
    assert len(got) == len(COLLECTIONS) * len(VERBS)


@pytest.mark.parametrize("role", ["supervisor", "admin"])
def test_the_organisations_own_document_is_refused_to_its_own_people(rest: Rest, role: str) -> None:
    rest.seed("orgs")
    token = rest.token_for({"org": "seeded", "role": role})
    assert {verb: rest.attempt(verb, "orgs", token=token) for verb in VERBS} == dict.fromkeys(VERBS, 403)


def test_these_rules_and_indexes_are_what_is_deployed() -> None:
    deployed = json.loads((ROOT / "firebase.json").read_text())["firestore"]
    assert (deployed["rules"], deployed["indexes"]) == ("firestore.rules", "firestore.indexes.json")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_the_same_requests_from_our_servers_are_served(rest: Rest, collection: str) -> None:
    """So a refusal above is the rules' and not a mistake of the request."""
    rest.seed(collection)
    assert [rest.attempt(verb, collection, token=OWNER) for verb in VERBS] == [200] * len(VERBS)


def test_a_hole_in_the_rules_would_be_seen(rest: Rest) -> None:
    rest.use_rules(HOLE)
    inside = rest.token_for(ROLES["supervisor"])
    outside = rest.token_for(ROLES["supervisor of another organisation"])
    for verb in VERBS:
        rest.seed("orgs/salon/help_requests")
        assert rest.attempt(verb, "orgs/salon/help_requests", token=outside) == 403
        assert rest.attempt(verb, "orgs/salon/help_requests", token=None) == 403
        assert rest.attempt(verb, "orgs/salon/help_requests", token=inside) == 200, f"{verb} through the hole"


def _part(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
