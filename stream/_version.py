"""The version. The distribution takes its own from here: to ask it would import a lot."""

__version__ = "0.1.0"
