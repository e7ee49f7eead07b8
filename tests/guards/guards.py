"""What a guard is, and a module without one.

A guard is an `if` that has no `else` and leaves the function or the round (it raises, returns, continues or breaks), or
one operand of an `and` or `or` that compares or denies. It is removed by never leaving, or by leaving the operand out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "layers" / "tongyi" / "tongyi"
_LEAVING = (ast.Raise, ast.Return, ast.Continue, ast.Break)


@dataclass(frozen=True, order=True)
class Guard:
    """A guard of the package, by the place of its `if` (`operand` is None) or of the `and` or `or` that it is in."""

    path: str
    line: int
    column: int
    operand: int | None
    text: str

    @property
    def name(self) -> str:
        """How the list of those that nobody misses names it: it stays the same when lines move."""
        part = "" if self.operand is None else f" without its {self.operand + 1}."
        return f"{self.path}: {self.text}{part}"

    def removed(self) -> str:
        """The source of its module without it."""
        tree = _parsed(ROOT / self.path)
        return ast.unparse(ast.fix_missing_locations(_Removal(self).visit(tree)))


def guards() -> list[Guard]:
    """All of the package, in order."""
    return sorted(guard for path in sorted(PACKAGE.rglob("*.py")) for guard in _of(path))


def _of(path: Path) -> Iterator[Guard]:
    name = str(path.relative_to(ROOT))
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], _LEAVING):
            yield Guard(name, node.lineno, node.col_offset, None, f"if {ast.unparse(node.test)}")
        if isinstance(node, ast.BoolOp) and any(map(_decides, node.values)):
            for operand in range(len(node.values)):
                yield Guard(name, node.lineno, node.col_offset, operand, ast.unparse(node))


def _decides(operand: ast.expr) -> bool:
    """Whether it says yes or no: `given or default` is no guard."""
    return isinstance(operand, (ast.Compare, ast.UnaryOp))


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


class _Removal(ast.NodeTransformer):
    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def _is_it(self, node: ast.stmt | ast.expr) -> bool:
        return (node.lineno, node.col_offset) == (self._guard.line, self._guard.column)

    def visit_If(self, node: ast.If) -> ast.AST:
        if self._guard.operand is None and self._is_it(node):
            node.test = ast.Constant(value=False)
        return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        operand = self._guard.operand
        if operand is None or not self._is_it(node) or ast.unparse(node) != self._guard.text:
            return self.generic_visit(node)
        node.values.pop(operand)
        return node.values[0] if len(node.values) == 1 else node
