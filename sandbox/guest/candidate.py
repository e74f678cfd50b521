"""Runs one task program: the task's driver turns each request into calls of the program."""

from __future__ import annotations

from typing import Any

from godel.contract.loader import load

from .jobs import RunProgram
from .port import Port


def main(port: Port, payload: Any) -> None:
    """`payload`: a RunProgram, whose driver offers `run(program, request) -> reply` over JSON values."""
    job = RunProgram.from_json(payload)
    program = load(job.program)
    driver: dict[str, Any] = {"__name__": "driver"}
    exec(compile(job.driver, "driver.py", "exec", dont_inherit=True), driver)
    port.send("ready")
    while True:
        try:
            request = port.receive()
        except EOFError:
            return
        port.send(driver["run"](program, request))
