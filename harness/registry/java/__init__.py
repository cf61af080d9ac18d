"""Serializers for Java, to write and read values as producers and consumers in Java do."""
