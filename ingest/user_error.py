"""The error of a user's mistake, which a command answers in one line."""

import errno
from pathlib import Path


class UserError(ValueError):
    """What a user gave cannot be used: a feed, a network, a setting, a folder.

    The message alone says what stands where and what is expected. The packages' own errors of
    this kind are its subclasses; any other ValueError is a fault of the program.
    """


def placed(error: OSError, path: Path) -> OSError:
    """Give an error of writing with the path that was written, where a library told none."""
    if error.filename is not None:
        return error
    if error.errno is None:  # NumPy's, of a full disk
        return OSError(errno.EIO, f"not all of it could be written ({error})", str(path))
    return OSError(error.errno, error.strerror or str(error), str(path))


def reason_of(error: Exception) -> str:
    """Give what went wrong, without the number and the path that the system adds to it."""
    return (isinstance(error, OSError) and error.strerror) or str(error)
