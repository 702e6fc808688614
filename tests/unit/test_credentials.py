"""A machine that Google does not know is told how to become known, in the words of the product."""

from pathlib import Path

import pytest

from holdline.errors import NoCredentials
from holdline.firestore import connect
from holdline.settings import FirestoreSettings


@pytest.mark.parametrize("content", [None, "{}"], ids=["no file", "no key in it"])
def test_a_key_file_that_cannot_be_used_is_told_with_what_to_do(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key.json"
    if content is not None:
        key.write_text(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    with pytest.raises(NoCredentials, match="gcloud auth application-default login"):
        connect(FirestoreSettings(google_cloud_project="acme-holdline"))
