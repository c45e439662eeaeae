"""Everybody's user chain and receive statements from the server, verified (docs/protocol-
encryption.md, 5.2, 6.2).

They are fetched when something names them; what the server does not show stays `unproven`. What was seen is
kept, so that it never sees less.
"""

from collections.abc import Iterable

from hearth.client.device_file import DeviceFile
from hearth.client.keys.kept import AccountKeys, KeptHead, KeptPerson
from hearth.client.replica.catch_up import Ask
from hearth.directory.contract import (
    ChainHead,
    ChainHeads,
    ListChainHeads,
    ReadChain,
    ReadReceive,
    ReceiveStatements,
    UserChain,
)
from hearth.errors import HearthError
from hearth.sealed.core import hpke
from hearth.sealed.core.packed import Head
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.epoch import Member
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.people import People
from hearth.sealed.person.receive import check_receive_key

AT_ONCE = 500
NOBODY = KeptPerson()


class Acquaintances:
    """People as this device has verified them. `receive_keys` are public X-Wing keys by kem_hash."""

    def __init__(self, file: DeviceFile, keys: AccountKeys, ask: Ask) -> None:
        self._file, self._keys, self._ask = file, keys, ask
        self.people = People(keys.server)
        self.receive_keys: dict[bytes, bytes] = {}

    def chain(self, user: int) -> Chain:
        return self.people.chain(user)

    def kept(self, user: int) -> KeptPerson:
        return self._keys.people.get(str(user), NOBODY)

    async def catch_up(self, users: Iterable[int]) -> None:
        """Bring these people's chains and newest receive statements up to now.

        Raises Rejected: 5.1, 6.2, fork, rollback, bad_key.
        """
        wanted = sorted(set(users))
        for at in range(0, len(wanted), AT_ONCE):
            answer: ChainHeads = await self._ask(
                ListChainHeads(user_ids=wanted[at : at + AT_ONCE]), ChainHeads
            )
            for head in answer.heads:
                await self._catch_up_one(head)

    async def _catch_up_one(self, head: ChainHead) -> None:
        chain, kept = self.chain(head.user_id), self.kept(head.user_id)
        known = max(len(chain.states), kept.chain.n)
        require(head.n >= known, Verdict.ROLLBACK, "the chain ends below what is known")
        is_newer = head.receive_version >= max(chain.highest_receive_version, kept.receive.n)
        require(is_newer, Verdict.ROLLBACK, "an older receive statement than is known")
        if head.n > len(chain.states):
            await self.fetch_chain(head.user_id)
        chain.at(Head(head.n, head.hash))
        if head.receive_version > 0 and not self._has_newest(chain, head.receive_version):
            await self._fetch_receive(head.user_id)

    async def fetch_chain(self, user: int) -> Chain:
        """Read a chain up to its end. The last known statement is asked for again, so that another one shows.

        Raises Rejected: 5.1, fork, rollback; HearthError.
        """
        chain, kept = self.chain(user), self.kept(user)
        chain.highest_seen = max(chain.highest_seen, kept.chain.n)
        after = max(0, len(chain.states) - 1)
        while True:
            page: UserChain = await self._ask(ReadChain(user_id=user, after=after), UserChain)
            chain.highest_seen = max(chain.highest_seen, page.n)
            for statement in page.statements:
                chain.take(statement)
            after += len(page.statements)
            if not page.statements or after >= page.n:
                break
        if chain.state is not None or chain.highest_seen > 0:
            chain.finish(())
        if kept.chain.n:
            chain.at(Head(kept.chain.n, kept.chain.hash))
        self.keep(user)
        return chain

    async def fetch_newest_receive(self, user: int) -> None:
        """Read somebody's newest receive statement. Raises Rejected: 6.2, rollback where there is none."""
        await self._fetch_receive(user)
        known = max(self.chain(user).highest_receive_version, self.kept(user).receive.n)
        is_there = self.chain(user).highest_receive_version >= known
        require(is_there, Verdict.ROLLBACK, "the receive statements are gone")

    async def prove(self, members: Iterable[Member]) -> None:
        """Fetch what these lines of a roster state and is not known; what is not shown stays unproven.

        Raises Rejected: 5.1, 6.2, fork, rollback.
        """
        for member in members:
            chain = self.chain(member.user)
            if member.chain.n > len(chain.states):
                await self._try_chain(member.user)
            if member.receive_version and not self._has_receive(chain, member):
                await self._try_receive(member)

    async def _try_chain(self, user: int) -> None:
        try:
            await self.fetch_chain(user)
        except HearthError as error:
            if error.code != "not_found":
                raise

    async def _try_receive(self, member: Member) -> None:
        try:
            await self._fetch_receive(member.user, member.receive_hash)
        except HearthError as error:
            if error.code != "not_found":
                raise
        except Rejected as rejected:
            if rejected.verdict is not Verdict.UNPROVEN:
                raise

    async def _fetch_receive(self, user: int, *hashes: bytes) -> None:
        command = ReadReceive(user_id=user, hashes=list(hashes))
        answer: ReceiveStatements = await self._ask(command, ReceiveStatements)
        chain, kept = self.chain(user), self.kept(user).receive
        for one in answer.statements:
            signed = chain.take_receive(one.statement) if hashes else chain.take_newest_receive(one.statement)
            is_same = signed.body.version != kept.n or signed.hash == kept.hash
            require(is_same, Verdict.FORK, "another receive statement of this version")
            check_receive_key(signed.body, one.public_key)
            self.receive_keys[hpke.kem_hash(one.public_key)] = one.public_key
        self.keep(user)

    def _has_newest(self, chain: Chain, version: int) -> bool:
        if chain.highest_receive_version != version:
            return False
        return any(
            chain.receive_at(version, signed.hash).kem_hash in self.receive_keys
            for signed in chain.receive_statements
            if signed.body.version == version
        )

    def _has_receive(self, chain: Chain, member: Member) -> bool:
        try:
            statement = chain.receive_at(member.receive_version, member.receive_hash)
        except Rejected as rejected:
            return rejected.verdict is Verdict.FORK  # asking again would not help
        return statement.kem_hash in self.receive_keys

    def keep(self, user: int, pin: bytes | None = None) -> None:
        """Note the highest that was seen of somebody, and their pin; on disk when this returns."""
        chain, before = self.chain(user), self.kept(user)
        chain_head, receive = before.chain, before.receive
        if chain.state is not None and chain.state.n > chain_head.n:
            chain_head = KeptHead(chain.state.n, chain.state.hash)
        newest = chain.highest_receive_version
        for signed in chain.receive_statements:
            if signed.body.version == newest > receive.n:
                receive = KeptHead(newest, signed.hash)
        username, display_name = before.username, before.display_name
        if chain.state is not None and chain.state.n >= chain_head.n:
            username, display_name = chain.state.username, chain.state.display_name or ""
        after = KeptPerson(chain_head, receive, before.pin if pin is None else pin, username, display_name)
        if after != before:
            self._keys.people[str(user)] = after
            self._file.save()
