"""What breaks between us and what we stand on: doubles that fail on purpose, and the tests that live through it."""
