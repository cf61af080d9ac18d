"""Members that die, freeze or restart at each step: joining, the two phases of a rebalance, leaving.

At each step a request of that member is held back before it reaches the broker, so that the fault hits exactly there.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import product

from harness.processes import PATIENCE_S, Worker, until
from tests.chaos.proxy import CONSUMER_GROUP_HEARTBEAT, JOIN_GROUP, LEAVE_GROUP, SYNC_GROUP, Held, Proxy
from tests.chaos.result import Result, Size
from tests.chaos.site import Site
from tests.chaos.stage import Stage
from tests.chaos.workers import at_a_random_moment

SESSION_TIMEOUT_S = 6.0  # what the brokers of `site` use for the consumer protocol; no worker's own is longer
RATE = 100  # articles per second; few, because several groups are played at the same time


@dataclass(frozen=True, slots=True)
class Group:
    """How members join: the rebalance protocol, and whether they have instance ids."""

    protocol: str
    static: bool


@dataclass
class Play:
    """Two workers on topics of their own. `actor`, which talks to Kafka through the proxy, suffers the fault."""

    stage: Stage
    proxy: Proxy
    group: Group
    others: list[Worker] = field(default_factory=list)
    actor: Worker | None = None
    held: Held | None = None

    @property
    def classic(self) -> bool:
        """Whether members join by `JoinGroup` and `SyncGroup`. With the consumer protocol heartbeats do everything."""
        return self.group.protocol == "classic"

    def hold(self, stack: ExitStack, request: int) -> None:
        """Hold back the actor's next request: this one, or its counterpart if the protocol is the consumer protocol."""
        held = self.proxy.holding(request if self.classic else CONSUMER_GROUP_HEARTBEAT)
        self.held = stack.enter_context(held)

    def on_its_way(self) -> bool:
        """Tell whether the request that is to be held back has arrived."""
        return self.held is not None and self.held.come.is_set()

    def start_actor(self) -> Worker:
        """Start the actor, or start it again."""
        more: dict[str, object] = {"instance_id": "actor"} if self.group.static else {}
        self.actor = self.stage.worker(bootstrap_servers=self.proxy.address, **more)
        return self.actor

    def start_other(self) -> Worker:
        """Start the other member."""
        more: dict[str, object] = {"instance_id": "other"} if self.group.static else {}
        self.others.append(self.stage.worker(**more))
        return self.others[-1]

    @property
    def alive(self) -> Worker:
        """The actor."""
        assert self.actor is not None
        return self.actor

    def others_own_all(self) -> bool:
        """Tell whether the other member owns every partition."""
        return any(len(worker.partitions()) == 4 for worker in self.others)

    def shared(self) -> bool:
        """Tell whether both have their half of the partitions."""
        return self.settled() and len(self.alive.partitions()) == 2

    def settled(self) -> bool:
        """Tell whether each partition is read by exactly one worker, and every worker is ready."""
        workers = [self.alive, *self.others]
        owned = [number for worker in workers for number in worker.partitions()]
        return sorted(owned) == ["0", "1", "2", "3"] and all(worker.ready() for worker in workers)


Step = Callable[[Play, ExitStack], None]


def _hold(play: Play, stack: ExitStack, request: int, begin: Callable[[], object]) -> None:
    play.hold(stack, request)
    begin()
    until(play.on_its_way, "the request to be on its way")


def joining(play: Play, stack: ExitStack) -> None:
    """The actor is new and asks to join."""
    play.start_other().wait_ready()
    _hold(play, stack, JOIN_GROUP, play.start_actor)


def told_its_share(play: Play, stack: ExitStack) -> None:
    """The actor is new, has joined, and asks for its partitions or confirms that it has them."""
    with ExitStack() as first:
        joining(play, first)
        play.hold(stack, SYNC_GROUP)
    until(play.on_its_way, "the next request to be on its way")


def first_phase(play: Play, stack: ExitStack) -> None:
    """The actor owns everything, another member joins, and the actor joins again to learn what it has to give up."""
    play.start_actor().wait_ready()
    _hold(play, stack, JOIN_GROUP, play.start_other)


def between_the_phases(play: Play, stack: ExitStack) -> None:
    """The actor has given partitions up and not reported it yet: they belong to nobody."""
    play.start_actor().wait_ready()
    if play.classic:
        with ExitStack() as first:
            _hold(play, first, SYNC_GROUP, play.start_other)
            play.hold(stack, JOIN_GROUP)
    else:
        play.start_other()
        until(lambda: "Partitions given up" in play.alive.log, "the actor to give partitions up")
        play.hold(stack, JOIN_GROUP)
    until(play.on_its_way, "the second phase to begin")


def second_phase(play: Play, stack: ExitStack) -> None:
    """The actor has joined again, and what it gave up is being given to the other."""
    with ExitStack() as first:
        between_the_phases(play, first)
        play.hold(stack, SYNC_GROUP)
    until(play.on_its_way, "the second phase to end")


def leaving(play: Play, stack: ExitStack) -> None:
    """The actor was asked to stop and leaves the group; with a static instance id it does not tell the group."""
    play.start_other().wait_ready()
    play.start_actor()
    until(play.shared, "two partitions each")
    if play.group.static and play.classic:
        play.alive.signal(signal.SIGTERM)
        until(lambda: "Partitions given up" in play.alive.log, "the actor to give its partitions up")
    else:
        _hold(play, stack, LEAVE_GROUP, lambda: play.alive.signal(signal.SIGTERM))


STEPS: tuple[Step, ...] = (joining, told_its_share, first_phase, between_the_phases, second_phase, leaving)


@contextmanager
def killed(play: Play) -> Iterator[None]:
    """SIGKILL before its request was sent, and a new process at once."""
    play.alive.kill()
    if play.held is not None:
        play.held.drop = True
    yield
    play.start_actor()


@contextmanager
def frozen_for_a_moment(play: Play) -> Iterator[None]:
    """SIGSTOP, SIGCONT well within the session timeout."""
    play.alive.signal(signal.SIGSTOP)
    at_a_random_moment(play.stage.size.session_timeout_ms / 2000)
    yield
    play.alive.signal(signal.SIGCONT)


@contextmanager
def frozen_for_long(play: Play) -> Iterator[None]:
    """SIGSTOP beyond the session timeout, until the group has given everything to the other, then SIGCONT."""
    play.alive.signal(signal.SIGSTOP)
    over = time.monotonic() + 1.2 * SESSION_TIMEOUT_S
    yield
    until(lambda: time.monotonic() > over, "the session timeout to pass")
    until(play.others_own_all, "the other to own every partition")
    play.alive.signal(signal.SIGCONT)


@contextmanager
def restarted(play: Play) -> Iterator[None]:
    """SIGTERM, and a new process once it has ended."""
    play.alive.signal(signal.SIGTERM)
    yield
    assert play.alive.process.wait(PATIENCE_S) == 0, play.alive.log
    play.start_actor()


Act = Callable[[Play], AbstractContextManager[None]]
ACTS = (killed, frozen_for_a_moment, frozen_for_long, restarted)


def _play(site: Site, size: Size, group: Group, step: Step, act: Act) -> Result:
    """One fault at one step. The request that is held back is released while the actor is dead or frozen."""
    with site.spare_proxy() as proxy, Stage(site, size, group_protocol=group.protocol) as stage:
        play = Play(stage, proxy, group)
        stage.ledger.reset_silence()
        with stage.load(RATE):
            with ExitStack() as held:
                step(play, held)
                with act(play):
                    held.close()
            if step is leaving and act is not killed:
                assert play.alive.process.wait(PATIENCE_S) == 0, play.alive.log  # it was asked to stop
                play.start_actor()
            until(play.settled, f"every partition to have an owner, {act.__name__} at {step.__name__}")
            stage.wait_output(RATE)
            until(lambda: stage.ledger.silent_s < 1, "every partition to go on")
        return stage.result(f"{act.__name__} at {step.__name__}")


def _all(site: Site, size: Size, group: Group) -> Result:
    """Every fault at every step; in the short version only the kill between the two phases and one other."""
    chosen: Sequence[tuple[Step, Act]] = [it for it in product(STEPS, ACTS) if it != (leaving, restarted)]
    if size.name == "short":
        chosen = [(between_the_phases, killed), (told_its_share, frozen_for_a_moment)]
    with ThreadPoolExecutor(len(site.proxies) - 1) as pool:
        results = list(pool.map(lambda it: _play(site, size, group, *it), chosen))
    kind = "static" if group.static else "dynamic"
    return Result(
        f"{kind} member killed, frozen, restarted at each step ({group.protocol} protocol)",
        records=sum(it.records for it in results),
        lost=sum(it.lost for it in results),
        twice=sum(it.twice for it in results),
        altered=sum(it.altered for it in results),
        longest_silence_s=max(it.longest_silence_s for it in results),
        note=f"{len(chosen)} × while it joins, gives partitions up, leaves; each partition has one owner again",
    )


def static_classic(site: Site, size: Size) -> Result:
    """With instance ids, and the classic rebalance protocol."""
    return _all(site, size, Group("classic", static=True))


def dynamic_classic(site: Site, size: Size) -> Result:
    """Without instance ids, and the classic rebalance protocol."""
    return _all(site, size, Group("classic", static=False))


def static_consumer(site: Site, size: Size) -> Result:
    """With instance ids, and the consumer protocol (KIP-848)."""
    return _all(site, size, Group("consumer", static=True))


def dynamic_consumer(site: Site, size: Size) -> Result:
    """Without instance ids, and the consumer protocol (KIP-848)."""
    return _all(site, size, Group("consumer", static=False))
