"""Every block of code of the documentation is run or validated by the test that claims it."""

from __future__ import annotations

import ast
import re

import pytest

from tests.documents.claims import CLAIMS, EXCEPTIONS, claims_of
from tests.documents.markdown import PAGES, ROOT, Block, blocks

BLOCKS = [block for page in PAGES for block in blocks(page)]
TESTS = [(path, name) for path, by_name in CLAIMS.items() for name in by_name]


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_every_block_is_claimed_by_one_test(block: Block) -> None:
    claims = claims_of(block)
    assert claims, "tests/documents/claims.py: which test runs or validates this block?"
    assert len(claims) == 1


@pytest.mark.parametrize(("path", "name"), TESTS, ids=lambda text: text)
def test_claiming_test_exists_and_reads_its_blocks(path: str, name: str) -> None:
    source = (ROOT / path).read_text(encoding="utf-8")
    tests = {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
    assert name in tests
    if path.startswith("tests/documents/"):
        assert re.search(rf'(claimed_by|blocks_of)\("{name}"\)', source)
    for some in CLAIMS[path][name]:
        assert any(some.include(block) for block in BLOCKS), f"no such block: {some}"
        if not path.startswith("tests/documents/"):
            assert some.page.rpartition("/")[2] in source


def test_every_exception_has_a_block_and_a_reason() -> None:
    for some, reason in EXCEPTIONS.items():
        assert any(some.include(block) for block in BLOCKS), f"no such block: {some}"
        assert len(reason.split()) > 4
