"""What compose.yaml's emulators begin with: the demo data, and the events by which documents call the functions.

Run as `python -m local.compose_demo`.
"""

from holdline.settings import FirestoreSettings, load
from local import demo
from local.functions_server import register_triggers


def main() -> None:
    settings = load(FirestoreSettings)
    if settings.firestore_emulator_host is None:
        raise SystemExit("FIRESTORE_EMULATOR_HOST is empty: demo data is for the emulator alone.")
    register_triggers(project=settings.google_cloud_project, firestore_host=settings.firestore_emulator_host)
    demo.main()


if __name__ == "__main__":
    main()
