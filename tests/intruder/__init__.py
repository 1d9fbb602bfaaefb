"""The attacks that stay: each promise of `docs/security.md` with the tests that try to break it."""
