"""Why a database cannot be used, in words: what drivers say is for programmers."""

from storage.passing import cause_of

WORDS = (
    (("password authentication failed",), "it refuses the user or the password"),
    (("no password supplied",), "it wants a password"),
    (("role", "does not exist"), "it knows no such user"),
    (("database", "does not exist"), "it has no database of that name"),
    (("pg_hba",), "it lets nobody in from this machine (pg_hba.conf)"),
    (("connection refused",), "nobody listens there"),
    (("resolve",), "its name is not known"),
    (("translate host name",), "its name is not known"),
    (("name or service not known",), "its name is not known"),
    (("connection slots",), "it has no connection left"),
    (("too many clients",), "it has no connection left"),
    (("timeout",), "no answer in time"),
    (("timed out",), "no answer in time"),
    (("ssl",), "it and this machine do not agree on encryption (sslmode)"),
    (("not a database",), "the file is not a database"),
    (("unable to open",), "it cannot be opened: mend the owner or mode of its folder"),
    (("locked",), "another program holds it"),
    (("malformed",), "it is damaged: restore a backup"),
    (("readonly",), "it cannot be written"),
    (("full",), "the disk is full"),
)
"""By what stands in the driver's sentence, in small letters; the first that fits."""


def database_in_words(error: BaseException) -> str:
    """Say why a database cannot be used."""
    said = cause_of(error).lower()
    return next(
        (words for signs, words in WORDS if all(sign in said for sign in signs)),
        "it does not answer as a database does",
    )
