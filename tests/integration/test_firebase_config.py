"""The indexes and TTL policies as firebase-tools reads them before it deploys: by its own check, with nobody asked."""

import copy
import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from local.binaries import firebase_tools
from local.checkout import ROOT
from local.runtimes import NODE, provide

CHECK = """
const { FirestoreApi } = require(process.argv[1] + "/lib/firestore/api");
for (const spec of JSON.parse(require("fs").readFileSync(0))) {
  try { new FirestoreApi().validateSpec(spec); console.log("taken"); }
  catch (error) { console.log("refused: " + error.message); }
}
"""
INDEXES: dict[str, Any] = json.loads((ROOT / "firestore.indexes.json").read_text())


def with_ttl(value: object) -> dict[str, Any]:
    spec = copy.deepcopy(INDEXES)
    spec["fieldOverrides"][0]["ttl"] = value
    return spec


@pytest.fixture(scope="module")
def verdicts() -> Callable[..., list[str]]:
    node = provide(NODE, print)
    package = firebase_tools(node, print).parents[2]

    def ask(*specs: dict[str, Any]) -> list[str]:
        command = [str(node), "-e", CHECK, str(package)]
        done = subprocess.run(command, input=json.dumps(specs), capture_output=True, text=True, check=True, timeout=50)
        return done.stdout.splitlines()

    return ask


def test_firebase_takes_our_indexes_and_ttl_policies_and_would_refuse_wrong_ones(
    verdicts: Callable[..., list[str]],
) -> None:
    without_a_scope = copy.deepcopy(INDEXES)
    del without_a_scope["indexes"][0]["queryScope"]
    ours, scopeless, written_out = verdicts(INDEXES, without_a_scope, with_ttl("true"))
    assert ours == "taken"
    assert scopeless.startswith("refused")
    assert written_out.startswith("refused")
