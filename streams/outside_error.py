"""The error of trouble outside the program, which a command answers in one line."""


class OutsideError(RuntimeError):
    """The machine or the broker does not give what is needed: the message says what to do.

    Any RuntimeError that is no such is a fault of the program.
    """
