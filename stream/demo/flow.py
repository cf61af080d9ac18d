"""Articles that flow without end, for whoever wants to see the worker at work: a few a second.

Most are the demo's own. Others are put together of their paragraphs and come from made-up sites, each with lines of
its own that no rule knows; the worker learns them from the stream. Now and then comes half an article.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count

import orjson

from stream.config.settings import Settings
from stream.demo import lines
from stream.demo.run import POISON, Sent, Worker, require_running
from stream.kafka.interrupts import Stopping
from stream.kafka.sending import Sender

PAUSE_S = (0.1, 0.5)
"""Between two articles, in seconds; on average three or four come a second."""
SITES = {
    "eveninganchor.example": ("By the evening desk", "Anchored since 1921", "Write to the watch, Pier 3, Port Ness"),
    "highmoor-herald.example": ("The Herald is delivered by bicycle", "Sheep of the week", "Moor Lane 12, Highmoor"),
    "saltandvinegar.example": ("Seconds, anyone?", "Our cooks taste everything twice", "Tables: Port Ness 41 26"),
}
"""Made-up sites, each with the lines at the end of its pages."""
LONG = 120  # characters of a paragraph that tells something


def articles(seed: int = 1) -> Iterator[Sent]:
    """Articles without end, each with a key of its own; the same ones for the same seed."""
    chosen = random.Random(seed)  # noqa: S311 - what is chosen is no secret
    own = [orjson.loads(line) for line in lines()]
    english = [article["text"] for article in own if article["lang"] == "en" and isinstance(article["text"], str)]
    pool = sorted({part.strip() for text in english for part in text.split("\n") if len(part.strip()) >= LONG})
    for number in count(1):
        key = f"flow-{number}"
        share = chosen.random()
        if share < 0.005:  # noqa: PLR2004 - one in two hundred: from one in a hundred on there is an alert
            yield Sent(key.encode(), POISON)
            continue
        if share < 0.6:  # noqa: PLR2004 - most, so that all languages are seen
            # Without its site: the same story again and again would be taken for what that site's pages have in common.
            article = {name: value for name, value in chosen.choice(own).items() if name != "source"}
        else:
            site = chosen.choice(sorted(SITES))
            story = chosen.sample(pool, chosen.randint(3, 6))
            article = {"lang": "en", "source": site, "title": story[0][:60], "text": "\n".join([*story, *SITES[site]])}
        yield Sent(key.encode(), orjson.dumps({**article, "id": key}))


def flow(settings: Settings, worker: Worker, stopping: Stopping, seed: int = 1) -> int:
    """Sends articles until somebody asks it to stop; gives how many. Raises `StreamError` if the worker ends before."""
    pauses = random.Random(seed)  # noqa: S311 - as above
    sender, sent = Sender(settings, settings.input_topic), 0
    for sent, article in enumerate(articles(seed)):  # noqa: B007 - the number is what is asked for
        if stopping.wait(pauses.uniform(*PAUSE_S)):
            break
        require_running(worker)
        sender.send(article.key.decode(), article.key, article.value)
    sender.finish()
    return sent
