"""A program that reads entry by entry comes to the verdicts that a pass over all of them gives."""

from hearth.client.crypto.conversation import Conversation, Findings
from hearth.client.crypto.log.follow import WAITING, Follower


def check_follower(conversation: Conversation, findings: Findings) -> None:
    """Read every stretch of the log from its first entry on; what waits is judged again afterwards.

    Only the first stretch begins where a whole pass does: of others nothing is said of counters before them.
    Where entries are emptied a pass needs them all.
    """
    rows = conversation.log.list_rows()
    if not rows or any(row.is_emptied for row in rows):
        return
    stretch = next(conversation.log.list_stretches())
    epochs, log = conversation.epochs, conversation.log
    follower = Follower(epochs, conversation.generations, {}, has_head_row=conversation.has_head_row)
    for row in stretch:
        taken = follower.take(log.hashes[row.seq - 1], row)
        expected = findings.judgements[row.seq]
        assert taken.verdict == expected.verdict, (row.seq, taken.verdict, expected.verdict)
        assert (row.seq in follower.waiting) == (taken.verdict in WAITING)
        assert follower.find(row.seq) is taken
    follower.learn()
    for row in stretch:
        found = follower.find(row.seq)
        assert found is not None and found.verdict == findings.judgements[row.seq].verdict, row.seq
