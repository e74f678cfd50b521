"""33: evade a static filter. There is none to evade: containment decides, however the words are hidden."""

from __future__ import annotations

import pytest
from attacks import Arena, task

from godel.doctor import planted

DISGUISES = {
    "getattr": "getattr(__import__('o' + 's'), 'sys' + 'tem')",
    "builtins": "__builtins__['__import__']('so'[::-1]).__dict__['metsys'[::-1]]",
    "subclasses": "next(c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close')"
    ".__init__.__globals__['system']",
    "decoded": "eval(bytes.fromhex('5f5f696d706f72745f5f28276f7327292e73797374656d'))",
    "code object": "eval(compile('__import__(\"os\").system', '', 'eval'))",
    "ctypes": "(lambda command: __import__('ctypes').CDLL(None).system(command.encode()))",
}
USE = """
import os
system = DISGUISED
system("cat " + " ".join(FILES) + " > /tmp/loot 2>/dev/null")
found = open("/tmp/loot").read() if os.path.exists("/tmp/loot") else ""
if found or os.system is None:
    raise Loot(found)
"""


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
def test_a_hidden_call_reaches_no_further(arena: Arena, disguise: str) -> None:
    with planted() as canaries:
        files = f"FILES = {canaries.files!r}\n"
        arena.unmoved(task("circle_packing_26"), files + USE.replace("DISGUISED", disguise))
