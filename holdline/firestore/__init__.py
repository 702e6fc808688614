"""Documents in Google Firestore: the adapter of `holdline.store`, and the only place that knows the database.

It stands on the official client: `client.document(...).get`, `client.batch()`, `query.on_snapshot`. What is added is
what the client leaves open: a bound on every wait, our errors for its, and watches that cannot die in silence. Nothing
here connects until `connect` is called.
"""

from holdline.firestore.database import FirestoreDatabase, connect

__all__ = ["FirestoreDatabase", "connect"]
