"""Fields of a document, between Python and Firestore's protocol. Times come back as plain aware datetimes in UTC."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from google.cloud.firestore_v1 import types

Value = types.Value.pb()
"""The protocol's own message; the wrapper around it costs several times as much."""


def encoded_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as protocol values; raises TypeError for what no document holds."""
    return {name: encoded(value) for name, value in fields.items()}


def encoded(value: Any) -> Any:
    """One protocol value."""
    message = Value()
    if value is None:
        message.null_value = 0
    elif isinstance(value, bool):  # before int, which bool is
        message.boolean_value = value
    elif isinstance(value, int):
        message.integer_value = value
    elif isinstance(value, float):
        message.double_value = value
    elif isinstance(value, str):
        message.string_value = value
    elif isinstance(value, bytes):
        message.bytes_value = value
    elif isinstance(value, datetime):
        message.timestamp_value.FromDatetime(value)
    elif isinstance(value, Mapping):
        message.map_value.SetInParent()
        for name, part in value.items():
            message.map_value.fields[name].CopyFrom(encoded(part))
    elif isinstance(value, list | tuple):
        message.array_value.SetInParent()
        message.array_value.values.extend(encoded(part) for part in value)
    else:
        raise TypeError(f"a document cannot hold a {type(value).__name__}")
    return message


def decoded_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as Python values, whatever people put there."""
    return {name: decoded(value) for name, value in fields.items()}


def decoded(message: Any) -> Any:
    """One Python value; a place on the map becomes a mapping, a reference its path."""
    kind = message.WhichOneof("value_type")
    if kind is None or kind == "null_value":
        return None
    value = getattr(message, kind)
    if kind == "timestamp_value":
        return value.ToDatetime(UTC)
    if kind == "map_value":
        return decoded_fields(value.fields)
    if kind == "array_value":
        return [decoded(part) for part in value.values]
    if kind == "geo_point_value":
        return {"latitude": value.latitude, "longitude": value.longitude}
    return value
