"""A real schema registry for the tests, and a door in front of it that can be shut."""
