"""Our own source as a tree, for tests that hold it to its rules."""

import ast
import gc


def parsed(source: str) -> ast.Module:
    """As `ast.parse`, but the collector waits: CPython 3.11 loses count when a finaliser runs while it builds a tree
    (https://github.com/python/cpython/issues/106905), and what earlier tests left behind has finalisers."""
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        gc.enable()
