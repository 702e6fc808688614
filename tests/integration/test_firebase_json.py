"""firebase.json as firebase-tools takes it, by the schema that comes with it; `make check` has a narrower one."""

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator

from local.binaries import firebase_tools
from local.checkout import ROOT
from local.runtimes import NODE, provide

OURS: dict[str, Any] = json.loads((ROOT / "firebase.json").read_text())


@pytest.fixture(scope="module")
def firebase() -> Draft7Validator:
    package = firebase_tools(provide(NODE, print), print).parents[2]
    return Draft7Validator(json.loads((package / "schema" / "firebase-config.json").read_text()))


def test_firebase_takes_our_configuration_and_would_refuse_a_misspelt_one(firebase: Draft7Validator) -> None:
    assert [error.message for error in firebase.iter_errors(OURS)] == []
    assert not firebase.is_valid({**OURS, "firestor": OURS["firestore"]})
    assert not firebase.is_valid({**OURS, "emulators": {"auth": {"port": "a hundred"}}})


def test_what_our_narrower_schema_takes_firebase_takes() -> None:
    narrow = json.loads((ROOT / "deploy" / "schemas" / "firebase.json").read_text())
    assert narrow["additionalProperties"] is False
    assert narrow["properties"].keys() == OURS.keys()
