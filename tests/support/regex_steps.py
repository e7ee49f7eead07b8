"""How many steps a backtracking matcher takes for a pattern: counted, so that no machine's speed comes into it.

The pattern is parsed by Python's own parser, compiled into a small program, and run as `re` runs it, but for its
shortcuts: these numbers are what the pattern itself asks for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from re import _constants as ops  # type: ignore[attr-defined] # no public way to what a pattern means
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MOST_STEPS = 200_000
# Of a pattern's methods, these begin anew at each place of the text; the others begin at the first one alone.
SCANNING = ("search", "sub", "subn", "finditer", "findall", "split")
_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    ops.CATEGORY_DIGIT: str.isdecimal,
    ops.CATEGORY_SPACE: str.isspace,
    ops.CATEGORY_WORD: lambda character: character.isalnum() or character == "_",
}
_NEGATED = {
    ops.CATEGORY_NOT_DIGIT: ops.CATEGORY_DIGIT,
    ops.CATEGORY_NOT_SPACE: ops.CATEGORY_SPACE,
    ops.CATEGORY_NOT_WORD: ops.CATEGORY_WORD,
}
Test = Callable[[str], bool]


class TooManySteps(Exception):
    """Raised when a run takes more than MOST_STEPS."""


@dataclass(eq=False)
class Program:
    """A compiled pattern: instructions of a name and its arguments. A run ends where they end."""

    code: list[tuple[Any, ...]] = field(default_factory=list)
    steps: int = 0

    def spans(self, text: str, method: str) -> list[tuple[int, int]]:
        """The matches, as the method of that name finds them; `steps` then says how many steps that took."""
        self.steps, found, start = 0, [], 0
        places = len(text) if method in SCANNING else 0
        while start <= places:
            end = self._run(self.code, text, start, whole=method == "fullmatch")
            if end is not None:
                found.append((start, end))
            start = start + 1 if end is None or end == start else end
        return found

    def _run(self, code: list[tuple[Any, ...]], text: str, start: int, *, whole: bool = False) -> int | None:
        left = [(0, start)]
        while left:
            at, place = left.pop()
            while at is not None:
                self.steps += 1
                if self.steps > MOST_STEPS:
                    raise TooManySteps
                if at == len(code):
                    if not whole or place == len(text):
                        return place
                    break
                name, *given = code[at]
                if name == "split":
                    left.append((given[1], place))
                    at = given[0]
                    continue
                moved = self._step(name, given, text, place)
                if moved is None:
                    break
                at, place = (given[0] if name == "jump" else at + 1), moved
        return None

    def _step(self, name: str, given: list[Any], text: str, place: int) -> int | None:
        if name == "one":
            return place + 1 if place < len(text) and given[0](text[place]) else None
        if name == "at":
            return place if given[0](text, place) else None
        if name == "atomic":
            return self._run(given[0], text, place)
        if name == "look":
            found = self._run(given[0], text, place) is not None
            return place if found is given[1] else None
        return place


@lru_cache(maxsize=100)
def program(pattern: re.Pattern[str]) -> Program:
    """The pattern's program. Raises NotImplementedError for what no pattern here has needed so far."""
    return Program(_compiled(parser.parse(pattern.pattern, pattern.flags), pattern.flags))


def _compiled(tree: Any, flags: int, base: int = 0) -> list[tuple[Any, ...]]:
    code: list[tuple[Any, ...]] = []
    for op, given in tree:
        code += _instructions(op, given, flags, base + len(code))
    return code


def _instructions(op: Any, given: Any, flags: int, base: int) -> list[tuple[Any, ...]]:
    if op is ops.SUBPATTERN:
        return _compiled(given[3], flags, base)
    if op is ops.BRANCH:
        return _branch(given[1], flags, base)
    if op is ops.MAX_REPEAT:
        least, most, inner = given
        return _repeat(least, most, inner, flags, base)
    if op is ops.POSSESSIVE_REPEAT:
        least, most, inner = given
        return [("atomic", _repeat(least, most, inner, flags, 0))]
    if op is ops.ATOMIC_GROUP:
        return [("atomic", _compiled(given, flags))]
    if op in (ops.ASSERT, ops.ASSERT_NOT) and given[0] == 1:
        return [("look", _compiled(given[1], flags), op is ops.ASSERT)]
    if op is ops.AT:
        return [("at", _PLACES[given])]
    return [("one", _test(op, given, flags))]


def _branch(choices: list[Any], flags: int, base: int) -> list[tuple[Any, ...]]:
    code: list[tuple[Any, ...]] = []
    jumps = []
    for choice in choices[:-1]:
        part = _compiled(choice, flags, base + len(code) + 1)
        code.append(("split", base + len(code) + 1, base + len(code) + len(part) + 2))
        code += part
        jumps.append(len(code))
        code.append(())
    code += _compiled(choices[-1], flags, base + len(code))
    for place in jumps:
        code[place] = ("jump", base + len(code))
    return code


def _repeat(least: int, most: Any, tree: Any, flags: int, base: int) -> list[tuple[Any, ...]]:
    code: list[tuple[Any, ...]] = []
    for _ in range(least):
        code += _compiled(tree, flags, base + len(code))
    if most is ops.MAXREPEAT:
        part = _compiled(tree, flags, base + len(code) + 1)
        again = base + len(code)
        return [*code, ("split", again + 1, again + len(part) + 2), *part, ("jump", again)]
    size = len(_compiled(tree, flags)) + 1
    end = base + len(code) + size * (most - least)
    for _ in range(most - least):
        here = base + len(code)
        code += [("split", here + 1, end), *_compiled(tree, flags, here + 1)]
    return code


def _test(op: Any, given: Any, flags: int) -> Test:
    """What one character must be."""
    if op is ops.LITERAL:
        return lambda character: ord(character) == given
    if op is ops.NOT_LITERAL:
        return lambda character: ord(character) != given
    if op is ops.ANY:
        return (lambda _: True) if flags & re.DOTALL else (lambda character: character != "\n")
    if op is ops.RANGE:
        return lambda character: given[0] <= ord(character) <= given[1]
    if op is ops.CATEGORY and given in _CATEGORIES:
        return _CATEGORIES[given]
    if op is ops.CATEGORY:
        return lambda character: not _CATEGORIES[_NEGATED[given]](character)
    if op is ops.IN:
        tests = [_test(kind, value, flags) for kind, value in given if kind is not ops.NEGATE]
        wanted = given[0][0] is not ops.NEGATE
        return lambda character: any(test(character) for test in tests) is wanted
    raise NotImplementedError(str(op))


def _at_boundary(text: str, place: int) -> bool:
    word = _CATEGORIES[ops.CATEGORY_WORD]
    before, after = place > 0 and word(text[place - 1]), place < len(text) and word(text[place])
    return before is not after


_PLACES: dict[Any, Callable[[str, int], bool]] = {
    ops.AT_BEGINNING: lambda text, place: place == 0,
    ops.AT_END: lambda text, place: text[place:] in ("", "\n"),
    ops.AT_BOUNDARY: _at_boundary,
}


def alphabet(pattern: re.Pattern[str]) -> list[str]:
    """One character of each kind that the pattern tells apart, and one that it may not know."""
    tests = list(_tests(program(pattern).code))
    found = sorted({*_characters(parser.parse(pattern.pattern, pattern.flags)), "!", "\n"})
    kinds = {tuple(test(character) for test in tests): character for character in reversed(found)}
    return sorted(kinds.values())


def _tests(code: list[tuple[Any, ...]]) -> Iterator[Test]:
    for name, *given in code:
        if name == "one":
            yield given[0]
        elif name in ("atomic", "look"):
            yield from _tests(given[0])


def _characters(tree: Any) -> set[str]:
    found: set[str] = set()
    for op, given in tree:
        if op in (ops.LITERAL, ops.NOT_LITERAL):
            found.add(chr(given))
        elif op is ops.RANGE:
            found.add(chr(given[0]))
        elif op is ops.CATEGORY:
            found |= {"0", "a", " "}
        else:
            for part in _parts(op, given):
                found |= _characters(part)
    return found


def _parts(op: Any, given: Any) -> list[Any]:
    """The patterns that an operation is made of."""
    if op is ops.IN or isinstance(given, parser.SubPattern):
        return [given]
    if op is ops.BRANCH:
        return list(given[1])
    return [part for part in given if isinstance(part, parser.SubPattern)] if isinstance(given, tuple) else []


def opening(pattern: re.Pattern[str]) -> str:
    """The literal text that a match begins with."""
    text = ""
    for op, given in parser.parse(pattern.pattern, pattern.flags):
        if op is ops.LITERAL:
            text += chr(given)
        elif op is not ops.AT:
            break
    return text
