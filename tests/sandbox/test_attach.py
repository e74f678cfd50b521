"""The attached pipe against a real socket whose other end plays the engine."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from godel.contract.limits import FRAME_BYTES
from godel.sandbox import SandboxLost
from godel.sandbox.docker.attach import CHUNK, AttachedPipe

FRAMES = st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=300)), max_size=20)


def frame(stream: int, payload: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(payload)) + payload


@contextlib.contextmanager
def attached(log_bytes: int = 1 << 20) -> Iterator[tuple[AttachedPipe, socket.socket]]:
    ours, engine = socket.socketpair()
    pipe = AttachedPipe(ours, ours, log_bytes)
    try:
        yield pipe, engine
    finally:
        pipe.close()
        engine.close()


def everything(pipe: AttachedPipe) -> bytes:
    return b"".join(iter(lambda: pipe.receive(10), b""))


@given(frames=FRAMES, cut=st.integers(1, 50))
def test_streams_come_apart_wherever_the_bytes_are_cut(frames: list[tuple[int, bytes]], cut: int) -> None:
    raw = b"".join(frame(*one) for one in frames)
    with attached() as (pipe, engine):
        out = b""
        for start in range(0, len(raw), cut):
            engine.sendall(raw[start : start + cut])
            with contextlib.suppress(TimeoutError):
                out += pipe.receive(0)
        engine.shutdown(socket.SHUT_WR)
        out += everything(pipe)
        assert out == b"".join(payload for stream, payload in frames if stream == 1)
        logged = b"".join(payload for stream, payload in frames if stream == 2)
        assert pipe.log() == logged.decode("utf-8", "replace")


def test_the_log_keeps_the_last_bytes_of_a_flood() -> None:
    with attached(log_bytes=1000) as (pipe, engine):
        for _ in range(100):
            engine.sendall(frame(2, b"x" * 90))
        engine.sendall(frame(2, b"the end"))
        engine.shutdown(socket.SHUT_WR)
        assert everything(pipe) == b""
        assert len(pipe.log()) == 1000
        assert pipe.log().endswith("xthe end")


def test_silence_is_a_timeout_and_the_end_is_empty() -> None:
    with attached() as (pipe, engine):
        with pytest.raises(TimeoutError, match="nothing from the guest"):
            pipe.receive(0.01)
        engine.close()
        assert pipe.receive(10) == b""
        assert pipe.receive(10) == b""
        with pytest.raises(BrokenPipeError, match="has ended"):
            pipe.send(b"anybody there?")


def test_who_waits_for_a_guest_that_another_thread_ends_is_told() -> None:
    with attached() as (pipe, _), ThreadPoolExecutor(1) as waiting:
        reply = waiting.submit(pipe.receive, 60)
        with pytest.raises(TimeoutError):
            reply.result(timeout=0.05)
        pipe.drain(0)  # finds the pipe in use, and doesn't wait for it
        pipe.close()
        assert reply.result(timeout=10) == b""
        with pytest.raises(BrokenPipeError):
            pipe.send(b"more")


def test_a_damaged_stream_is_a_failure_of_the_engine() -> None:
    with attached() as (pipe, engine):
        engine.sendall(b"HTTP/1.1 500")
        with pytest.raises(SandboxLost, match="damaged"):
            pipe.receive(10)


def test_both_sides_may_write_at_once() -> None:
    """An echo that reads nothing more before it has written: a plain blocking send would never return."""
    with attached() as (pipe, engine):
        body = bytes(range(256)) * (4 << 12)

        def echo() -> None:
            left = len(body)
            while left and (data := engine.recv(1 << 16)):
                engine.sendall(frame(1, data))
                left -= len(data)

        thread = threading.Thread(target=echo)
        thread.start()
        pipe.send(body)
        back = b""
        while len(back) < len(body):
            back += pipe.receive(10)
        thread.join()
        assert back == body


def test_a_flood_waits_in_the_socket_not_in_our_memory() -> None:
    with attached() as (pipe, engine):
        sent = 0

        def flood() -> None:
            nonlocal sent
            with contextlib.suppress(OSError):
                while True:
                    engine.sendall(frame(1, b"x" * CHUNK))
                    sent += CHUNK

        thread = threading.Thread(target=flood)
        thread.start()
        while sent < 2 * FRAME_BYTES:
            pipe.drain(0.01)
        for _ in range(20):
            pipe.drain(0.01)
        assert len(pipe.receive(10)) <= 2 * FRAME_BYTES + CHUNK
        pipe.close()
        thread.join()
