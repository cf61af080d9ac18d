"""`python -m stream` is `article-stream`."""

from stream.cli import main

if __name__ == "__main__":
    main()
