"""The host's end: frames over a guest's pipe, and the children behind it.

A guest that floods, stalls, speaks out of turn or dies becomes a `ChildEnded` with its
reason: a result, never a hang.
"""

from __future__ import annotations

import json
import signal
import time
from dataclasses import replace
from typing import Any

from godel.contract.limits import FRAME_BYTES

from . import KILLED, KILLED_OUTSIDE, OUT_OF_MEMORY, START_TIMEOUT_S, Guest, SandboxLost, Starved
from .guest.jobs import Ceilings, Exit, Job, Ready, Work
from .guest.json_lines import Unreadable, decoded, encoded
from .load import Load

SILENCE_S = 60.0
"""How long nothing may come from a zygote, which says every few seconds that it is there. The deadlines of
its children are its own to keep: only inside can it be seen when a guest is kept from running."""


NO_CEILINGS = Ceilings()
TWICE = "twice, and no cause outside was seen"


class ChildEnded(Exception):
    """The child is gone; `exit` says how. A candidate's failure, to be recorded."""

    def __init__(self, exit: Exit) -> None:
        super().__init__(exit.reason)
        self.exit = exit


class Session:
    """One started guest. It runs one child at a time."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.dead = False
        self.oom_seen = False
        """Whether the memory limit has ended a child here: then it does not explain the guest's own end."""
        self.cpu_s = 0.0
        """CPU seconds that the guest has used since it was started, by its last report."""
        self._billed_s = 0.0
        self._buffer = bytearray()
        self._child: Child | None = None

    def wait_ready(self) -> Ready:
        """Until the zygote has done its imports. Raises SandboxLost if it never does."""
        try:
            _, body = self._frame(START_TIMEOUT_S)
            return Ready.from_json(json.loads(body))
        except (ChildEnded, TimeoutError, ValueError) as error:
            raise SandboxLost(f"{self.guest.name} did not start: {error}; {self.guest.log()}") from None

    def spawn(self, work: Work, ceilings: Ceilings = NO_CEILINGS) -> Child:
        """Fork a child that does `work` within `ceilings`. Raises SandboxLost when the guest has ended by then."""
        try:
            if self._child:
                self._child.kill()
            self._send(b"S", encoded(Job.of(work, ceilings).to_json()))
        except ChildEnded as ended:  # nothing ran in it: that is no candidate's doing
            raise SandboxLost(f"{self.guest.name} ended before its job began: {ended.exit.log}") from None
        self._child = Child(self)
        return self._child

    def bill(self) -> float:
        """CPU seconds that were used and not billed before; the first time, the guest's start is among them."""
        due, self._billed_s = self.cpu_s - self._billed_s, self.cpu_s
        return due

    def close(self) -> None:
        self.dead = True
        self.guest.kill()

    def _send(self, tag: bytes, line: bytes) -> None:
        try:
            self.guest.send(tag + line)
        except ConnectionError:
            raise ChildEnded(self._lost()) from None
        except TimeoutError:
            raise ChildEnded(self._stalled()) from None

    def _frame(self, timeout_s: float | None) -> tuple[bytes, bytes]:
        """The next frame; what the guest has used so far is noted on the way. Raises TimeoutError when there is
        none in `timeout_s`; without a limit, when nothing at all comes for SILENCE_S."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            tag, body = self._line(SILENCE_S if deadline is None else max(0.0, deadline - time.monotonic()))
            if tag != b"C":
                return tag, body
            self.cpu_s = float(body)

    def _line(self, timeout_s: float) -> tuple[bytes, bytes]:
        deadline = time.monotonic() + timeout_s
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            data = self.guest.receive(max(0.0, deadline - time.monotonic()))  # what has come counts, however late
            if not data:
                raise ChildEnded(self._lost())
            self._buffer += data
            if len(self._buffer) > 2 * FRAME_BYTES:
                raise ChildEnded(self._given_up("flood"))
        tag, body = bytes(self._buffer[:1]), bytes(self._buffer[1:end])
        del self._buffer[: end + 1]
        return tag, body

    def _lost(self) -> Exit:
        """The guest has ended."""
        ended = self._given_up("lost")
        death = self.guest.death()
        if death == KILLED:  # by us, while a thread waited on it: the run is stopping
            raise SandboxLost(f"{self.guest.name} was {death}")
        return replace(ended, reason="memory") if death == OUT_OF_MEMORY and not self.oom_seen else ended

    def _stalled(self) -> Exit:
        """The guest does not answer."""
        paused = self.guest.paused()
        ended = self._given_up("stalled")
        if paused:
            raise SandboxLost(f"{self.guest.name} was paused from outside")
        return ended

    def _given_up(self, reason: str) -> Exit:
        """The whole guest is of no more use. Raises SandboxLost when somebody outside has ended it, or when
        its engine is gone too."""
        self.close()
        death = self.guest.death()
        if death == KILLED_OUTSIDE:
            raise SandboxLost(f"{self.guest.name} was {death}")
        return Exit(reason, log=f"{death}\n{self.guest.log()}")


class Child:
    """One job in a guest, spoken to in turn: it has the first word."""

    def __init__(self, session: Session) -> None:
        self._session, self._load = session, Load()
        self._oom_kills = session.guest.oom_kills()
        self.exit: Exit | None = None

    def send(self, message: Any) -> None:
        self.pass_on(encoded(message))

    def pass_on(self, line: bytes) -> None:
        """A message as the line that it is: what a guest wrote may be longer when it is written anew."""
        if self.exit:
            raise ChildEnded(self.exit)
        self._session._send(b"D", line)

    def receive(self, timeout_s: float | None = None) -> Any:
        """The child's next message. Raises ChildEnded; one that can't be read (`guest/json_lines.py`) ends it."""
        return self._receive(timeout_s)[1]

    def receive_line(self, timeout_s: float | None = None) -> bytes:
        """As `receive`, but as the child wrote it, without the end of the line: to be passed on."""
        return self._receive(timeout_s)[0]

    def _receive(self, timeout_s: float | None) -> tuple[bytes, Any]:
        if self.exit:
            raise ChildEnded(self.exit)
        tag, body = self._next(timeout_s)
        if tag == b"Z":
            raise ChildEnded(self._ended(body))
        try:
            return body, decoded(body)
        except Unreadable as problem:
            raise ChildEnded(self._ended_for("garbage", str(problem))) from None

    def kill(self) -> Exit:
        """End the child, if it has not ended, and say how it went."""
        if self.exit is None:
            self._session._send(b"K", encoded(None))
            while self.exit is None:
                tag, body = self._next()
                if tag == b"Z":
                    self._ended(body)
        return self.exit

    def _next(self, timeout_s: float | None = None) -> tuple[bytes, bytes]:
        try:
            return self._session._frame(timeout_s)
        except TimeoutError:
            raise ChildEnded(self._session._stalled()) from None

    def _ended(self, body: bytes) -> Exit:
        self.exit = exit = self._explained(Exit.from_json(json.loads(body)))
        guess = exit.waited_s is None and exit.reason == "wall" and self._load.busy()
        if guess or exit.reason == "starved":
            waited = "may have waited" if exit.waited_s is None else f"waited for {exit.waited_s:.1f} s"
            raise Starved(
                f"{self._session.guest.name} {waited} for a processor in {exit.wall_s:.1f} s: this machine is too busy"
            )
        return exit

    def _explained(self, ended: Exit) -> Exit:
        """Whose SIGKILL it was, where the zygote can't know: it sees its group's memory in a container only."""
        if ended.reason == "sigkill":
            by_limit = self._session.guest.oom_kills() > self._oom_kills
            log = ended.log if by_limit else f"ended by SIGKILL\n{ended.log}"
            ended = replace(ended, reason="memory" if by_limit else "lost", log=log)
        self._session.oom_seen |= ended.reason == "memory" and ended.status == -signal.SIGKILL
        return ended

    def _ended_for(self, reason: str, problem: str) -> Exit:
        """What it sent ends it, and stands for its log."""
        self.exit = replace(self.kill(), reason=reason, log=problem)
        return self.exit
