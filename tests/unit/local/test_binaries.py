import zipfile
from pathlib import Path

import pytest

from local.binaries import firestore_command, firestore_emulator
from local.checkout import CannotStart

JAVA, NODE, FIREBASE = Path("/java"), Path("/node"), Path("/firebase.js")


@pytest.mark.parametrize(
    ("manifest", "option"),
    [
        ("Manifest-Version: 1.0\nMain-Class: com.example.Main\n", "-jar"),
        ("Manifest-Version: 1.0\nCreated-By: createjars\n", "-cp"),
    ],
)
def test_a_jar_that_does_not_say_what_to_run_is_told(tmp_path: Path, manifest: str, option: str) -> None:
    with zipfile.ZipFile(tmp_path / "emulator.jar", "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", manifest)

    assert option in firestore_command(JAVA, tmp_path / "emulator.jar")


def test_the_emulator_that_a_person_names_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = tmp_path / "my.jar"
    jar.touch()
    monkeypatch.setenv("FIRESTORE_EMULATOR_JAR", str(jar))

    assert firestore_emulator(NODE, FIREBASE, print) == jar


def test_an_emulator_that_is_not_where_a_person_says_is_a_start_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_JAR", "/nowhere/my.jar")

    with pytest.raises(CannotStart, match=r"/nowhere/my\.jar, which is not a file"):
        firestore_emulator(NODE, FIREBASE, print)


def test_the_emulator_that_firebase_tools_downloaded_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FIRESTORE_EMULATOR_JAR", raising=False)
    monkeypatch.setenv("FIREBASE_EMULATORS_PATH", str(tmp_path))
    (tmp_path / "cloud-firestore-emulator-v1.22.0.jar").touch()

    assert firestore_emulator(NODE, FIREBASE, print).name == "cloud-firestore-emulator-v1.22.0.jar"
