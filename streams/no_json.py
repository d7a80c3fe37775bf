"""What decoding the JSON of strangers can raise."""

import msgspec

NO_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""It is none, or another record; a text in it is no UTF-8; it is nested ever deeper."""
