"""Every error that article-stream raises on purpose, as one tree.

    StreamError
    ├── SettingsError          a setting, an option or a rule file is wrong          exit code 2
    ├── KafkaUnavailable       no broker answers; worth trying again                 retriable
    ├── AuthenticationFailed   the broker refuses who we are
    ├── NotAuthorized          the broker knows us and says no
    ├── TopicMissing           a topic that has to exist does not
    ├── InstanceFenced         another worker runs with the same instance id
    ├── InstanceHeld           a worker of this instance id has not been given up yet   retriable
    ├── SessionLost            fenced, or partitions lost: begin anew                retriable
    ├── PartitionsUnowned      partitions belong to no worker, and nothing has helped
    └── KafkaFatal             the client can not go on; the process has to end

A record that can not be cleaned is no error: it is a value with a reason (`stream.records.codec.Undecodable`)
that goes to the dead letter topic.
"""

from __future__ import annotations

from typing import ClassVar


class StreamError(Exception):
    """The root. `str(error)` is one plain sentence for the user; `fix` says what to do about it.

    `retriable`: whether the same thing may succeed later without anybody changing anything.
    `exit_code`: what a command ends with when nobody handles the error.
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
    """No broker answers, or not in time."""

    retriable = True


class AuthenticationFailed(StreamError):
    """The broker refuses the credentials or the certificate."""


class NotAuthorized(StreamError):
    """The broker accepts the credentials but forbids the operation."""


class TopicMissing(StreamError):
    """A topic that has to exist does not."""


class InstanceFenced(StreamError):
    """Another worker joined the group with the same instance id."""


class InstanceHeld(StreamError):
    """The group still counts an earlier worker of this instance id, which may have died without a word (KIP-848)."""

    retriable = True


class SessionLost(StreamError):
    """The partitions or the transactional id now belong to another worker: nothing may be published."""

    retriable = True


class PartitionsUnowned(StreamError):
    """Partitions of the input topic belong to no member of the group, and neither a rebalance nor a session helped."""


class KafkaFatal(StreamError):
    """librdkafka reports an error after which the client can not go on."""
