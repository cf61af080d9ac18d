"""Every error that article-stream raises on purpose, as one tree.

    StreamError
    ├── SettingsError          a setting, an option or a rule file is wrong          exit code 2
    ├── KafkaUnavailable       no broker answers; trying again may help             retriable
    ├── AuthenticationFailed   the broker refuses our credentials
    ├── NotAuthorized          the broker accepts our credentials, but not the operation
    ├── TopicMissing           a topic that must exist does not
    ├── InstanceFenced         another worker runs with the same instance id
    ├── InstanceHeld           the group still waits for an earlier worker with it  retriable
    ├── SessionLost            fenced, or partitions lost: begin a new session      retriable
    ├── PartitionsUnowned      partitions belong to no worker, and no remedy worked
    ├── RegistryUnavailable    the schema registry gives no answer                  retriable
    ├── RegistryRefused        the schema registry refuses our credentials
    └── KafkaFatal             the client cannot continue; the process must end

A record that cannot be cleaned is not an error: it becomes a value with a reason
(`stream.records.shape.Undecodable`) that goes to the dead letter topic.
"""

from __future__ import annotations

from typing import ClassVar


class StreamError(Exception):
    """The root. `str(error)` is one plain sentence for the user; `fix` says what to do about it.

    `retriable`: whether the same operation may succeed later although nobody has changed anything.
    `exit_code`: the exit code of a command when nothing handles the error.
    """

    retriable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message)
        self.fix = fix

    def __str__(self) -> str:
        message = str(self.args[0])
        return f"{message} {self.fix}" if self.fix else message


class SettingsError(StreamError):
    """A setting, an option or a rule file is wrong; the message names it and what is allowed."""

    exit_code = 2


class KafkaUnavailable(StreamError):
    """No broker answers in time."""

    retriable = True


class AuthenticationFailed(StreamError):
    """The broker refuses the credentials or the certificate."""


class NotAuthorized(StreamError):
    """The broker accepts the credentials but forbids the operation."""


class TopicMissing(StreamError):
    """A topic that must exist does not. `topic`: its name; empty if Kafka does not tell which one it is."""

    def __init__(self, message: str, *, fix: str = "", topic: str = "") -> None:
        super().__init__(message, fix=fix)
        self.topic = topic


class InstanceFenced(StreamError):
    """Another worker joined the group with the same instance id."""


class InstanceHeld(StreamError):
    """The group still waits for an earlier worker with the same instance id, which may have been killed (KIP-848)."""

    retriable = True


class SessionLost(StreamError):
    """The partitions or the transactional id now belong to another worker: nothing may be published."""

    retriable = True


class PartitionsUnowned(StreamError):
    """Partitions of the input topics belong to no member of the group, and neither a rebalance nor a session helped."""


class RegistryUnavailable(StreamError):
    """The schema registry gives no answer, or none that can be used."""

    retriable = True


class RegistryRefused(StreamError):
    """The schema registry refuses the credentials, or forbids the question."""


class KafkaFatal(StreamError):
    """librdkafka reports an error after which the client cannot continue."""


def unreadable(name: object, error: OSError) -> str:
    """The sentence for a file that cannot be read."""
    return f"{name} cannot be read: {error.strerror}."
