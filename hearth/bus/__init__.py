"""How one node tells the others what happened. Hints only: correctness rests on seq and cursors."""
