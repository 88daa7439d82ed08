"""Every Python parts a text into the same tokens and sentences: hashes of texts depend on it.

Python 3.11.0 to 3.11.4, among them that of Debian 12, match some possessive groups otherwise.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("/usr/bin/python3", "python3.11", "python3.12", "python3.13")
#: What tokens are made of, and what parts them.
SIGNS = "aB1é’'-‐._,٫ \n\u0301\u200d\u00ad·א׳ا\u064b🏽👩🚀☀\ufe0f🇩🇪日本!?…--``"
CODE = """
import json, sys
from clif_core.text.sentences import split_sentences
from clif_core.text.token_rule import TokenRule
from clif_core.text.tokens import iterate_tokens
texts, rules = json.load(sys.stdin)
rules = [TokenRule(**rule) for rule in rules]
found = [[list(iterate_tokens(text, rule=rule)) for rule in rules] for text in texts]
json.dump([found, [list(split_sentences(text)) for text in texts]], sys.stdout)
"""
RULES = [
    {},
    {"symbols": "keep"},
    {"apostrophe": "split", "hyphen": "part"},
    {"parting": "blanks"},
    {"underscore": "keep"},
]


def others() -> Iterator[str]:
    """Further interpreters of this machine that the project supports, one of each version."""
    seen = {sys.version_info[:3]}
    for name in NAMES:
        path = shutil.which(name)
        if path is not None:
            code = "import sys; print(*sys.version_info[:3])"
            told = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
            version = tuple(map(int, told.stdout.split()))
            if told.returncode == 0 and (3, 11) <= version < (3, 14) and version not in seen:
                seen.add(version)
                yield path


def asked(python: str, texts: list[str]) -> object:
    done = subprocess.run(
        [python, "-c", CODE],
        input=json.dumps([texts, RULES]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_tokens_and_sentences_are_the_same_in_every_python() -> None:
    pythons = list(others())
    if not pythons:
        pytest.skip("no other Python here that the project supports")
    generator = random.Random(1)
    texts = ["The taxpayers' 451,500, a pro’ and con’; U.S. Army, U.Sa. café’s naïve’. Yes. No!"]
    texts += [
        "".join(generator.choice(SIGNS) for _ in range(generator.randint(1, 25)))
        for _ in range(5_000)
    ]
    expected = asked(sys.executable, texts)
    for python in pythons:
        assert asked(python, texts) == expected, python
