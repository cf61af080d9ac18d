"""Faults of learners, and of the workers beside them, while sites are learned."""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka.admin import NewPartitions

from harness.processes import PATIENCE_S, until
from tests.chaos.learning import COMPACTED, OLD_SITES, Follower, LearningStage
from tests.chaos.result import Result, Size
from tests.chaos.site import Site
from tests.chaos.stage import ENOUGH_S
from tests.chaos.workers import at_a_random_moment, join_and_leave

KNOWN, KEPT = "article_stream_sites", "article_stream_learner_sites"  # to workers, and by a learner
COMPACTED_SOON = {
    "cleanup.policy": "compact",
    "segment.bytes": "1048576",
    "segment.ms": "1000",
    "min.cleanable.dirty.ratio": "0.01",
    "min.compaction.lag.ms": "2000",  # until then everybody sees every record, so that all of them can be checked
    "max.compaction.lag.ms": "3000",
    "delete.retention.ms": "1000",
}


def learner_killed(site: Site, size: Size) -> Result:
    """SIGKILL of the only learner again and again, while it reads its counts, learns, or commits."""
    with LearningStage(site, size) as stage:
        stage.worker().wait_ready()
        with stage.load():
            _kill_learners(stage, size.kills)
        return stage.learned_result("learner killed", f"{size.kills} × SIGKILL")


def learner_and_worker_killed(site: Site, size: Size) -> Result:
    """SIGKILL of the learner and of the worker in turn, and of both at once."""
    with LearningStage(site, size) as stage:
        worker, learner = stage.worker(instance_id="one"), stage.learner(instance_id="one")
        worker.wait_ready()
        learner.wait_ready()
        with stage.load():
            for turn in range(size.kills):
                stage.wait_output()
                stage.wait_some_learned()
                at_a_random_moment(1.5)
                if turn % 3 != 1:
                    worker.kill()
                if turn % 3 != 0:
                    learner.kill()
                    learner = stage.learner(instance_id="one")
                if turn % 3 != 1:
                    worker = stage.worker(instance_id="one")
            stage.wait_output()
        return stage.learned_result("learner and worker killed", f"{size.kills} × SIGKILL of either or both")


def learning_worker_killed(site: Site, size: Size) -> Result:
    """SIGKILL of a worker that learns as well, in one process, again and again."""
    with LearningStage(site, size) as stage:
        worker = stage.learning_worker(instance_id="one")
        worker.wait_ready()
        with stage.load():
            for _ in range(size.kills):
                stage.wait_output()
                stage.wait_some_learned()
                at_a_random_moment(1.5)
                worker.kill()
                worker = stage.learning_worker(instance_id="one")
            stage.wait_output()
        until(lambda: worker.get("/learner/health/ready")[0] == 200, "the learner to be ready")
        stage.wait_all()
        stage.wait_learned()
        return stage.learned_result("worker that learns, too, killed", f"{size.kills} × SIGKILL")


def learners_static(site: Site, size: Size) -> Result:
    """A second learner with an instance id joins and leaves again and again; some leave properly, some are killed."""
    return _moving(LearningStage(site, size), "partitions of two learners moved, static", ("one", "two"))


def learners_dynamic(site: Site, size: Size) -> Result:
    """The same without instance ids."""
    return _moving(LearningStage(site, size), "partitions of two learners moved, dynamic", ())


def _moving(stage: LearningStage, fault: str, names: Sequence[str]) -> Result:
    one, two = [{"instance_id": name} for name in names] or [{}, {}]
    with stage:
        stage.worker().wait_ready()
        stage.learner(**one).wait_ready()
        turns = max(2, stage.size.kills // 2)
        with stage.load():
            for turn in range(turns):
                second = stage.learner(**two)
                until(lambda: second.ready() and len(second.partitions()) == 2, "the second to have its share")  # noqa: B023
                stage.wait_some_learned()
                at_a_random_moment(1.5)
                if turn % 2:
                    second.kill()
                else:
                    assert second.terminate() == 0, second.log
                stage.wait_some_learned()
            until(lambda: len(stage.learners[0].partitions()) == 4, "the first to have all again")
        return stage.learned_result(fault, f"{turns} × joined, then left or SIGKILL")


def learners_storm(site: Site, size: Size) -> Result:
    """Three learners that join and leave all the time; some leave properly, some are killed."""
    with LearningStage(site, size) as stage:
        stage.worker().wait_ready()
        learners = [stage.learner() for _ in range(3)]
        learners[0].wait_ready()
        with stage.load():
            changes = join_and_leave(learners, stage.learner, size.storm_s, within_s=2, killed=0.5)
        return stage.learned_result("three learners joining and leaving", f"{changes} changes in {size.storm_s:g} s")


def sites_compacted(site: Site, size: Size) -> Result:
    """The topics of counts and of sites are compacted all the time, while the learner and the worker start anew."""
    topics = {"lines": {}, "sites": COMPACTED_SOON, "counts": COMPACTED_SOON}
    with LearningStage(site, size, sites=topics) as stage:
        worker = stage.worker(instance_id="one")
        worker.wait_ready()
        with Follower(stage, "counts") as counts, Follower(stage, "sites") as sites:
            with stage.load():
                _kill_learners(stage, max(3, size.kills // 2))
                worker.kill()
                worker = stage.worker(instance_id="one")
                worker.wait_ready()
                until(lambda: len(stage.records("counts")) < len(counts.records) - 50, "compaction", ENOUGH_S)
                _kill_learners(stage, 2)
                left = len(stage.records("counts"))
            stage.wait_all()
            stage.wait_learned()
            stage.followed = {"counts": counts, "sites": sites}
            note = f"{left:,} of {len(counts.records):,} records of counts left"
            return stage.learned_result("topics of sites compacted under way", note)


def sites_missing(site: Site, size: Size) -> Result:
    """The topic of sites is deleted under load and made again: the learner publishes anew what it knows."""
    with LearningStage(site, size) as stage:
        worker, learner = stage.worker(), stage.learner()
        worker.wait_ready()
        with stage.load():
            until(lambda: worker.metric(KNOWN) > 0 and learner.metric(KEPT) > OLD_SITES, "sites to be known")
            stage.delete(stage.name("sites"))
            until(lambda: stage.name("sites") in " ".join(worker.warnings()), "a warning of a worker that is ready")
            until(lambda: not learner.ready(), "the learner to say that it cannot publish")
            stage.wait_output(size.rate)
            stage.make_with(stage.name("sites"), COMPACTED)
            stage.wait_some_learned()
        stage.wait_all()
        stage.wait_learned()
        known = learner.metric(KEPT)
        until(lambda: worker.metric(KNOWN) == known, "the worker to know all sites again")
        assert worker.metric("article_stream_sessions_total") == 1, worker.log
        # What was published before is gone, so that there is nothing to compare it with.
        return stage.learned_result(
            "topic of sites deleted and made again", f"{known:.0f} known again", compare="totals"
        )


def sites_partitions_added(site: Site, size: Size) -> Result:
    """The topics of sites and of counts get more partitions under load: sites move, and the newest of each counts."""
    with LearningStage(site, size) as stage:
        worker, learner = stage.worker(), stage.learner()
        worker.wait_ready()
        with stage.load():
            stage.wait_some_learned()
            for role in ("sites", "counts"):
                topic = stage.name(role)
                stage.admin.create_partitions([NewPartitions(topic, 7)])[topic].result(PATIENCE_S)
                stage.wait_some_learned()
            learner.kill()
            learner = stage.learner()
            stage.wait_some_learned()
        stage.wait_all()
        stage.wait_learned()
        late = stage.worker()  # which reads everything from the beginning
        for each in (worker, late):
            until(lambda: each.metric(KNOWN) == learner.metric(KEPT), "a worker to know all sites")  # noqa: B023
        # A site's records stand in two partitions, so that their order is not known.
        return stage.learned_result("partitions added to the topics of sites", "from 4 to 7", compare="totals")


def learner_behind(site: Site, size: Size) -> Result:
    """The learner begins when all articles went through, more than it takes up at once; it is killed under way, too."""
    count = min(60_000, size.backlog // 3)
    with LearningStage(site, size) as stage:
        stage.worker().wait_ready()
        stage.ledger.send(count)
        stage.wait_all()
        stage.learner(instance_id="one")
        stage.wait_some_learned()
        stage.learners[-1].kill()
        learner = stage.learner(instance_id="one")
        learner.wait_ready()
        return stage.learned_result("learner far behind", f"{count:,} articles before it began")


def _kill_learners(stage: LearningStage, kills: int) -> None:
    learner = stage.learner(instance_id="one")
    for turn in range(kills):
        if turn % 3 != 2:  # else it is killed while it starts
            stage.wait_some_learned()
        at_a_random_moment(1.5)
        learner.kill()
        learner = stage.learner(instance_id="one")
    learner.wait_ready()
