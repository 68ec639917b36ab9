"""Writes a plan, all of it or nothing: the only package that opens a file of the tree for writing.

    with hold(tree):
        commit(tree, plan_add(tree, stub))

What is to be done goes into a journal in the tree's root first; then every new content is written and synced beside
its target; then each is renamed into place, in the plan's order, so that Python can import the tree at any moment;
then the journal goes. A command that fails takes back what it did. One that is killed leaves the journal, and the next
command on this tree, of whatever kind, finishes or undoes what that one began.
"""

from .lock import hold, hold_new
from .write import commit, remember

__all__ = ["commit", "hold", "hold_new", "remember"]
