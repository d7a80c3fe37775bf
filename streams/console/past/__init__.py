"""The past of a lake on the console: the picture of a minute that was."""
