"""Reports of abuse (section 13): they show, without any key, that a device wrote a body into an epoch."""

from dataclasses import dataclass
from typing import Annotated

from hearth.client.crypto.log.record import Aad, Inner, signed_message
from hearth.sealed.core import ed25519
from hearth.sealed.core.packed import Listed, Packed, Prefixed, Raw, Signature
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.check import read_epoch
from hearth.sealed.person.user_state import ChainState, apply_statement

MOST_STATEMENTS = 10_000


@dataclass(frozen=True, slots=True)
class Report(Packed):
    """A record as its device signed it, the epoch that it names, and the author's chain from 1 on."""

    aad: Aad
    salt: Annotated[bytes, Raw(16)]
    inner: Inner
    body: Annotated[bytes, Prefixed(4)]
    signature: Signature
    record: Annotated[bytes, Prefixed(4)]
    roster: Annotated[bytes, Prefixed(4)]
    statements: Annotated[tuple[bytes, ...], Listed(Prefixed(4), 2, MOST_STATEMENTS)]


def check_report(report: Report) -> ChainState:
    """Return the author's state at the end of the statements, if the report shows what it claims.

    Raises Rejected: the verdicts of section 5.1 for the statements, malformed, unsupported, bad_roster,
    wrong_place (another epoch than the record names), not_listed, fork, bad_signature.
    """
    epoch = read_epoch(report.record, report.roster)
    aad = report.aad
    named = (aad.conversation, aad.epoch, aad.epoch_hash)
    is_named = named == (epoch.record.conversation, epoch.record.n, epoch.hash)
    require(is_named, Verdict.WRONG_PLACE, "not the epoch that the record names")
    member = epoch.members.get(aad.user)
    if member is None:
        raise Rejected(Verdict.NOT_LISTED, "the author is not in the roster")
    state: ChainState | None = None
    for statement in report.statements:
        state = apply_statement(state, epoch.record.server, aad.user, statement)
        fits = state.n != member.chain.n or state.hash == member.chain.hash
        require(fits, Verdict.FORK, "another chain than the roster states")
    if state is None or aad.device not in state.devices:
        raise Rejected(Verdict.NOT_LISTED, "the last statement does not list the device")
    signed = signed_message(aad.pack(), report.salt, report.inner.pack(), report.body)
    ed25519.verify(state.devices[aad.device].sign_key, report.signature, signed)
    return state
