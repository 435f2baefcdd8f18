"""Replacements that each have to change something, so that none is kept for nothing."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

__all__ = ["Rewriter", "Rule", "phrases", "words"]


class Rule(NamedTuple):
    """A replacement that has to change something somewhere."""

    pattern: str
    replacement: str
    name: str = ""
    """What messages call it, if not by its pattern."""


def words(table: Mapping[str, str]) -> list[Rule]:
    """Return rules that replace whole words."""
    return [Rule(rf"\b{old}\b", new, old) for old, new in table.items()]


def phrases(table: Mapping[str, str]) -> list[Rule]:
    """Return rules that replace phrases, which may be broken over lines."""
    return [Rule(r"\s+".join(map(re.escape, old.split())), new, old) for old, new in table.items()]


class Rewriter:
    """Applies rules, and knows which of them changed something."""

    def __init__(self) -> None:
        self._applied: set[Rule] = set()

    def apply(self, rules: Sequence[Rule], text: str) -> str:
        """Return the text after all rules, one after the other."""
        for rule in rules:
            text, count = re.subn(rule.pattern, rule.replacement, text)
            if count:
                self._applied.add(rule)
        return text

    def unused(self, rules: Sequence[Rule]) -> list[str]:
        """Return a message about each rule that changed nothing."""
        return [
            f"the rule for {rule.name or rule.pattern!r} changes nothing any more: remove it"
            for rule in rules
            if rule not in self._applied
        ]
