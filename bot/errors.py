"""What stops a command, said to its operator in one line."""


class OperatorError(Exception):
    """The operator must act before this can go on: the text is one line that says what is wrong and what to do."""
