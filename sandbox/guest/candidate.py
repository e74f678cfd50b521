"""Runs one task program: the task's driver turns each request into calls of the program."""

from __future__ import annotations

from typing import Any

from godel.contract import Program
from godel.contract.loader import load

from .port import Port


def main(port: Port, payload: Any) -> None:
    """`payload`: the program, and the source of the task's public `driver.py`, which
    offers `run(program, request) -> reply` over JSON values."""
    program = load(Program.from_json(payload["program"]))
    driver: dict[str, Any] = {"__name__": "driver"}
    exec(compile(payload["driver"], "driver.py", "exec", dont_inherit=True), driver)
    port.send("ready")
    while True:
        try:
            request = port.receive()
        except EOFError:
            return
        port.send(driver["run"](program, request))
