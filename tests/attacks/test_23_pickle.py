"""23: a pickle that runs code in the judge, or an archive or header that costs it its memory."""

from __future__ import annotations

import pytest
from attacks import Arena, task

FORGE = """
import base64, io, os, pickle, struct

class Run:
    def __reduce__(self): return (os.abort, ())

def header(text):
    body = text.encode() + b" " * 20 + b"\\n"
    return b"\\x93NUMPY\\x01\\x00" + struct.pack("<H", len(body)) + body

def saved(save):
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()

def packing(count):
    answer = {"npy": base64.b64encode(BYTES).decode()}
    stolen_port().send(answer)
    stolen_port().receive()
"""
FORMS = {
    "a pickle": "pickle.dumps(Run())",
    "an npy that holds one": "saved(lambda file: np.save(file, np.array([Run()], dtype=object), allow_pickle=True))",
    "an npz": "saved(lambda file: np.savez(file, np.zeros((26, 3))))",
    "an npz bomb": "saved(lambda file: np.savez_compressed(file, np.zeros(1 << 21)))",
    "a huge shape": "header(\"{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,)}\")",
    "a shape without bytes": "header(\"{'descr': 'S0', 'fortran_order': False, 'shape': (4611686018427387904,)}\")",
    "code in the header": "header(\"__import__('os').abort()\")",
    "a deep header": "header('(' * 5000)",
    "no array at all": "b''",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_it_is_a_wrong_answer_and_no_more(arena: Arena, form: str) -> None:
    judge = arena.judge
    outcome = arena.attack(task("circle_packing_26", cpu_s=10.0), FORGE.replace("BYTES", form))
    assert outcome.failure == "invalid", outcome
    assert arena.judge is judge
    arena.unmoved(task("circle_packing_26"), "")
