"""Which incidents are found, how fast, where, at how many alarms, and what else would find?"""
