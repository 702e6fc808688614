"""The Cloud Functions: doors that are open for the length of a request. `main.py` names them."""
