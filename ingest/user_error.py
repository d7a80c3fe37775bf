"""The error of a user's mistake, which a command answers in one line."""


class UserError(ValueError):
    """What a user gave cannot be used: a feed, a network, a setting, a folder.

    The message alone says what stands where and what is expected. The packages' own errors of
    this kind are its subclasses; any other ValueError is a fault of the program.
    """


def reason_of(error: Exception) -> str:
    """Give what went wrong, without the number and the path that the system adds to it."""
    return (isinstance(error, OSError) and error.strerror) or str(error)
