"""What the doctor says of a database that cannot be used."""

import sqlite3

import pytest

from bot.cli.database_words import database_in_words


@pytest.mark.parametrize(
    ("driver", "said"),
    [
        (
            'connection failed: FATAL:  password authentication failed for user "ann"',
            "it refuses the user or the password",
        ),
        ('connection failed: FATAL:  role "ann" does not exist', "it knows no such user"),
        ('connection failed: FATAL:  database "bot" does not exist', "it has no database of that name"),
        ('connection to server at "127.0.0.1", port 1 failed: Connection refused', "nobody listens there"),
        ("failed to resolve host 'nowhere.invalid': [Errno -2] Name or service not known", "its name is not known"),
        ("connection timeout expired", "no answer in time"),
        ("FATAL:  sorry, too many clients already", "it has no connection left"),
        ("something that no version has said yet", "it does not answer as a database does"),
    ],
)
def test_a_drivers_sentence_becomes_words(driver: str, said: str) -> None:
    assert database_in_words(OSError(driver)) == said


def test_a_file_that_is_no_database_is_told(tmp_path: object) -> None:
    with pytest.raises(sqlite3.DatabaseError) as caught:
        sqlite3.connect(f"file:{__file__}?mode=ro", uri=True).execute("select 1 from x")
    assert database_in_words(caught.value) == "the file is not a database"
