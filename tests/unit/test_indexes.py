"""Every query that the code makes has the index it needs: the emulator would not tell, and production refuses."""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from holdline.records import Record
from tests.source import parsed
from tests.unit.test_records import EVERY_KIND

ROOT = Path(__file__).parents[2]
PACKAGES = ("holdline", "agent", "functions", "dashboard", "local", "cli", "deploy")
COLLECTIONS = {type(record).__name__: type(record) for record in EVERY_KIND}


@dataclass(frozen=True)
class Asked:
    """A query as it stands in the source."""

    at: str
    kind: type[Record]
    where: frozenset[str]
    order_by: str | None
    descending: bool

    @property
    def needs_composite(self) -> bool:
        return len(self.where) > 1 or (bool(self.where) and self.order_by is not None)

    def is_served_by(self, index: dict[str, Any]) -> bool:
        """Equalities first, in any order, then the field that the result is ordered by, in either direction of both."""
        if index["collectionGroup"] != self.kind.collection:
            return False
        fields = [field["fieldPath"] for field in index["fields"]]
        count = len(self.where)
        ordered = [self.order_by] if self.order_by else []
        return (
            set(fields[:count]) == self.where
            and fields[count:] == ordered
            and (not ordered or (index["fields"][-1]["order"] == "DESCENDING") == self.descending)
        )


def queries() -> Iterator[Asked]:
    """Each `Query(Kind, {...}, order_by=...)` whose kind is written out."""
    for path in (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))):
        for node in ast.walk(parsed(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Query"):
                continue
            if not (node.args and isinstance(node.args[0], ast.Name) and node.args[0].id in COLLECTIONS):
                continue
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            where = node.args[1] if len(node.args) > 1 else given.get("where", ast.Dict([], []))
            at = f"{path.relative_to(ROOT)}:{node.lineno}"
            assert isinstance(where, ast.Dict), f"{at}: write the conditions out, so that they can be read here"
            yield Asked(
                at=at,
                kind=COLLECTIONS[node.args[0].id],
                where=frozenset(ast.literal_eval(key) for key in where.keys if key is not None),
                order_by=ast.literal_eval(given["order_by"]) if "order_by" in given else None,
                descending=bool(ast.literal_eval(given["descending"])) if "descending" in given else False,
            )


QUERIES = list(queries())
INDEXES = json.loads((ROOT / "firestore.indexes.json").read_text())


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.at)
def test_a_query_asks_for_fields_that_its_documents_have(query: Asked) -> None:
    assert query.where | ({query.order_by} - {None}) <= query.kind.model_fields.keys()


@pytest.mark.parametrize("query", [one for one in QUERIES if one.needs_composite], ids=lambda query: query.at)
def test_a_query_over_several_fields_has_its_index(query: Asked) -> None:
    assert any(query.is_served_by(index) for index in INDEXES["indexes"]), query


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.at)
def test_no_query_needs_a_field_that_is_kept_out_of_the_indexes(query: Asked) -> None:
    excluded = {
        one["fieldPath"] for one in INDEXES["fieldOverrides"] if one["collectionGroup"] == query.kind.collection
    }
    assert not (query.where | {query.order_by}) & excluded


def test_no_index_is_kept_that_no_query_needs() -> None:
    assert [index for index in INDEXES["indexes"] if not any(query.is_served_by(index) for query in QUERIES)] == []


def test_indexes_and_exceptions_speak_of_documents_and_fields_that_exist() -> None:
    kinds = {kind.collection: kind for kind in COLLECTIONS.values()}
    for index in INDEXES["indexes"]:
        assert {field["fieldPath"] for field in index["fields"]} <= kinds[index["collectionGroup"]].model_fields.keys()
    for one in INDEXES["fieldOverrides"]:
        assert one["fieldPath"] in kinds[one["collectionGroup"]].model_fields


def test_what_says_when_it_may_be_deleted_is_deleted_then_and_nothing_else_is() -> None:
    dated = {kind.collection for kind in COLLECTIONS.values() if "delete_at" in kind.model_fields}
    policies = [(one["collectionGroup"], one["fieldPath"]) for one in INDEXES["fieldOverrides"] if one.get("ttl")]
    assert sorted(policies) == sorted((collection, "delete_at") for collection in dated)
    assert dated == {"calls", "turns", "help_requests", "instructions"}, "all that was said, nothing that was learned"


def test_the_sources_hold_queries_to_look_at() -> None:
    assert len(QUERIES) > 5
    assert any(query.needs_composite for query in QUERIES)
