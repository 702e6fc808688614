"""Documents in Google Firestore: the adapter of `holdline.store`, and the only place that knows the database.

Reads, writes and watches speak the database's own protocol with a bound on each call, because the comfortable client
waits for minutes and lets a watch die in silence. Nothing here connects until `connect` is called.
"""

from holdline.firestore.database import FirestoreDatabase, connect

__all__ = ["FirestoreDatabase", "connect"]
