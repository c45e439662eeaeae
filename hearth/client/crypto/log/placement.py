"""Where a record may stand in the log (section 8.3, step 3)."""

from hearth.client.crypto.log.marks import Marks
from hearth.client.crypto.log.rows import Row
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.epoch import Epoch
from hearth.sealed.group.epochs import Epochs

LATE = 100


def check_place(row: Row, marks: Marks, highest_epoch: int) -> None:
    """Check step 3 of a record under a known epoch.

    `marks` are those below it; `highest_epoch` is the highest that earlier entries of the same device name
    which pass steps 1 to 4.

    Raises Rejected: unproven, out_of_place.
    """
    n, epochs = row.epoch, marks.epochs
    entry = epochs.entry_seq(n)
    if entry is None:
        raise Rejected(Verdict.UNPROVEN, "the entry of this epoch is not known yet")
    _stand(row.seq > entry, "not above the entry of its epoch")
    _stand(marks.first_leave_since(n) is None, "somebody left before it")
    following = epochs.entry_seq(n + 1)
    if following is not None and row.seq > following:
        _stand(row.seq <= following + LATE, "too long after the next epoch")
        _stand(highest_epoch <= n, "after a record of the same device under a later epoch")
    for later in epochs.list_between(n, row.seq):
        _stand(_is_still_in(row, epochs, later), "no longer in a later epoch")
    is_judged = not marks.has_unproven_between(n, row.seq)
    require(is_judged, Verdict.UNPROVEN, "a later epoch that is not known yet")


def _is_still_in(row: Row, epochs: Epochs, later: Epoch) -> bool:
    then = epochs.known[row.epoch].epoch.members.get(row.user)
    now = later.members.get(row.user)
    if now is None:
        return False
    chain = epochs.people.chain(row.user)
    is_linked = then is None or chain.is_linked(then.identity_key, now.identity_key)
    return is_linked and chain.is_listed_from(now.chain, row.device)


def _stand(holds: bool, why: str) -> None:
    require(holds, Verdict.OUT_OF_PLACE, why)
