"""The rules of the field in plain Python: no Django, no clock, no input or output."""
