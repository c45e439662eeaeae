"""What a device of the Python client makes of one conversation, step by step as it is told from outside."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hearth.client.crypto.conversation import Conversation
from hearth.client.crypto.log.body import write_body
from hearth.client.crypto.log.rows import Row, Withheld
from hearth.client.crypto.making import acts
from hearth.client.crypto.making.device import Moment, OwnDevice
from hearth.client.crypto.making.entry import Draft, make_leave, seal_entry
from hearth.client.crypto.making.epoch import Ground, MadeEpoch, make_epoch
from hearth.client.crypto.making.rewrap import make_answer, make_request
from hearth.client.crypto.trust import conversation_code
from hearth.sealed.core import hpke
from hearth.sealed.core.verdicts import Rejected
from hearth.sealed.group.check import Where
from hearth.sealed.group.entries import EntryKind
from hearth.sealed.group.epoch import Epoch, Link, Role, Settings
from hearth.sealed.group.reasons import Age, Reason
from hearth.sealed.group.rewrap import check_request
from hearth.sealed.group.sealing import State
from hearth.sealed.group.seeds import SeedPlace, check_seed, open_history, open_rewrap, unwrap_seed
from hearth.sealed.person.keyring import How
from hearth.sealed.person.people import People
from hearth.sealed.person.pins import Pins
from tests.histories.follow import check_follower

Told = Mapping[str, Any]
NO_HASH = bytes(32)


class View:
    """The Python half: the same operations as `View` of testing/views.ts, bytes as hex."""

    def __init__(self, told: Told) -> None:
        self.own = OwnDevice(told["user"], bytes.fromhex(told["device"]), bytes.fromhex(told["sign_seed"]))
        self.now: int = told["now"]
        self.people = People(bytes.fromhex(told["server"]))
        where = Where(self.people.server, bytes.fromhex(told["conversation"]), self.own.user)
        self.conversation = Conversation(where, self.people)
        self.epochs = self.conversation.epochs
        self.pins = Pins({})
        self.keys: dict[bytes, bytes] = {}
        self.seeds: dict[int, bytes] = {}
        self.told: dict[int, tuple[int, int]] = {}

    def take(self, step: Told) -> dict[str, Any]:
        """Return what came of a step: its answer, or the verdict on what was told."""
        operation: Callable[[Told], Any] = getattr(self, "take_" + step["op"])
        try:
            return {"verdict": None, "answer": operation(step)}
        except Rejected as rejected:
            return {"verdict": str(rejected.verdict), "answer": None}

    def take_chain(self, step: Told) -> None:
        self.people.chain(step["user"]).take(bytes.fromhex(step["statement"]))

    def take_receive(self, step: Told) -> None:
        self.people.chain(step["user"]).take_receive(bytes.fromhex(step["statement"]))
        public = bytes.fromhex(step["public_key"])
        self.keys[hpke.kem_hash(public)] = public

    def take_epoch(self, step: Told) -> None:
        self.conversation.judge(self.now)
        roster = None if step["roster"] is None else bytes.fromhex(step["roster"])
        self._keep(step, self.epochs.take(bytes.fromhex(step["record"]), roster, step["seq"]))

    def take_join(self, step: Told) -> None:
        self.conversation.judge(self.now)
        before = (bytes.fromhex(step["before"]), bytes.fromhex(step["before_roster"]))
        roster = None if step["roster"] is None else bytes.fromhex(step["roster"])
        self._keep(step, self.epochs.join(before, bytes.fromhex(step["record"]), roster, step["seq"]))

    def take_anchor(self, step: Told) -> None:
        record, roster = bytes.fromhex(step["record"]), bytes.fromhex(step["roster"])
        self._keep(step, self.epochs.anchor(record, roster, bytes.fromhex(step["hash"])))

    def take_before(self, step: Told) -> None:
        self._keep(
            step, self.epochs.take_before(bytes.fromhex(step["record"]), bytes.fromhex(step["roster"]))
        )

    def _keep(self, step: Told, epoch: Epoch) -> None:
        self.told.setdefault(epoch.record.n, (step["seq"], step["time"]))

    def take_rows(self, step: Told) -> None:
        rows = [read_row(row) for row in step["rows"]]
        self.conversation.take_page(bytes.fromhex(step["before"]), rows, self.now)

    def take_seed(self, step: Told) -> None:
        self._keep_seed(step["n"], bytes.fromhex(step["seed"]))

    def take_wrap(self, step: Told) -> None:
        place = self._place_of(step["n"])
        receive_seed, wrap = bytes.fromhex(step["receive_seed"]), bytes.fromhex(step["wrap"])
        self._keep_seed(step["n"], unwrap_seed(receive_seed, place, self.own.user, wrap))

    def take_history(self, step: Told) -> list[list[Any]]:
        epoch = self.epochs.known[step["n"]].epoch
        receive_seed, wrap = bytes.fromhex(step["receive_seed"]), bytes.fromhex(step["wrap"])
        given = open_history(receive_seed, epoch.hash, self.own.user, wrap, bytes.fromhex(step["sealed"]))
        for one in given:
            if one.n in self.epochs.known:
                try:
                    self._keep_seed(one.n, one.seed)
                except Rejected:
                    continue  # it counts only where it opens the commitment (7.8)
        return [[one.n, one.seed.hex()] for one in given]

    def _place_of(self, n: int) -> SeedPlace:
        epoch = self.epochs.known[n].epoch
        return SeedPlace(epoch.record.conversation, n, epoch.hash, epoch.record.commitment)

    def _keep_seed(self, n: int, seed: bytes) -> None:
        check_seed(self._place_of(n), seed)
        if n not in self.seeds:
            self.seeds[n] = seed
            self.epochs.take_seed(n, seed)

    def take_database(self, step: Told) -> None:
        self.conversation.generations |= {bytes.fromhex(step["generation"])}

    def take_head(self, _step: Told) -> None:
        self.conversation.has_head_row = True

    def take_meet(self, step: Told) -> None:
        chain = self.people.chain(step["user"])
        if chain.state is not None:
            self.pins = self.pins.meet(chain, How.GROUP, self.own.user, 0)

    def take_accept(self, step: Told) -> None:
        chain = self.people.chain(step["user"])
        if chain.state is not None and step["user"] in self.pins.by_user:
            self.pins = self.pins.accept(chain, 0)

    def take_compare(self, step: Told) -> None:
        chain = self.people.chain(step["user"])
        if chain.state is not None:
            self.pins = self.pins.compare(chain, 0)

    def take_uncompare(self, step: Told) -> None:
        self.pins = self.pins.uncompare(step["user"], 0)

    def take_make(self, step: Told) -> dict[str, Any]:
        self.conversation.judge(self.now)
        before = self.epochs.newest
        assert before is not None
        return self._make(read_act(before, self.own.user, step), step["time"])

    def take_begin(self, step: Told) -> dict[str, Any]:
        user = self.own.user
        if step["kind"] == "direct":
            return self._make(acts.create_direct(user, step["other"]), step["time"])
        if step["kind"] == "self":
            return self._make(acts.create_self(user), step["time"])
        roles = {user: Role.OWNER} | dict.fromkeys(step["members"], Role.MEMBER)
        return self._make(acts.create_group(roles, read_settings(step["settings"])), step["time"])

    def _make(self, act: acts.Act, time: int) -> dict[str, Any]:
        ground = Ground(self.epochs, self.pins, self.keys, self.seeds)
        return show_made(make_epoch(ground, self.own, act, Moment(time, self.conversation.log.place)))

    def take_now(self, step: Told) -> None:
        self.now = step["now"]

    def take_ask(self, step: Told) -> str:
        return make_request(self.epochs, self.own, step["n"], self.now).hex()

    def take_answer(self, step: Told) -> str:
        signed = check_request(bytes.fromhex(step["request"]), self.epochs, self.pins)
        request = signed.body
        chain = self.people.chain(request.user)
        kem_hash = chain.receive_at(request.receive_version, request.receive_hash).kem_hash
        seed = self.seeds[request.n]
        return make_answer(bytes.fromhex(step["request"]), self.epochs, self.pins, self.keys[kem_hash], seed)[
            1
        ].hex()

    def take_answered(self, step: Told) -> None:
        place = self._place_of(step["n"])
        seed, receive_hash = bytes.fromhex(step["receive_seed"]), bytes.fromhex(step["receive_hash"])
        self._keep_seed(step["n"], open_rewrap(seed, place, receive_hash, bytes.fromhex(step["wrap"])))

    def take_leave(self, step: Told) -> str:
        self.conversation.judge(self.now)
        at = Moment(step["time"], self.conversation.log.place)
        return make_leave(self.epochs, self.conversation.marks, self.own, at).hex()

    def take_seal(self, step: Told) -> str:
        kind = EntryKind(step["kind"])
        body = b"" if kind is EntryKind.VOID else write_body({"type": "text", "text": step["text"]})
        target = self.conversation.log.rows.get(step["target_seq"])
        if target is not None:
            target = replace(target, record_hash=bytes.fromhex(step["target_hash"]))
        draft = Draft(
            kind=kind,
            body=body,
            client_id=bytes.fromhex(step["client_id"]),
            counter=step["counter"],
            target=target,
        )
        at = Moment(step["time"], self.conversation.log.place)
        return seal_entry(self.epochs, self.own, draft, at).record.hex()

    def take_show(self, _step: Told) -> dict[str, Any]:
        """Return everything that two devices with the same knowledge must agree on."""
        findings = self.conversation.judge(self.now)
        check_follower(self.conversation, findings)
        entries = []
        for row in self.conversation.log.list_rows():
            judged = findings.judgements[row.seq]
            withheld = findings.withheld.get(row.seq)
            is_wrong = withheld is Withheld.EMPTIED
            verdict = "withheld" if is_wrong else None if judged.verdict is None else str(judged.verdict)
            text = judged.content.fields.get("text") if judged.content and verdict is None else None
            target = judged.target or None if verdict is None else None
            entries.append([row.seq, verdict, text, target, withheld is not None, row.is_emptied])
        place = self.conversation.log.place
        newest = self.epochs.newest
        leaves = self.conversation.marks.leaves.items()
        return {
            "epochs": [self._show_epoch(n) for n in sorted(self.epochs.known)],
            "chains": [self._show_chain(user) for user in newest.members] if newest else [],
            "log": [place.seq, place.hash.hex()],
            "entries": entries,
            "leaves": sorted([n, user, cause.hex()] for (n, user), cause in leaves),
            "code": self._show_code(),
            "sealing": self._show_sealing(),
        }

    def _show_epoch(self, n: int) -> list[Any]:
        known = self.epochs.known[n]
        members = [
            [one.user, int(one.role), one.identity_key.hex(), one.chain.n, one.receive_version]
            for one in known.epoch.roster.members
        ]
        settings = known.epoch.record.settings
        shown = f"{settings.pack().hex()} {settings.pin_by} {settings.everyone_by}"
        key = None if known.key is None else known.key.hex()
        return [n, known.epoch.hash.hex(), members, shown, key, known.entry_seq]

    def _show_chain(self, user: int) -> list[Any]:
        chain = self.people.chain(user)
        state = chain.state
        if state is None:
            return [user]
        return [
            *(user, state.n, state.hash.hex(), state.incarnation, state.identity_key.hex()),
            sorted(device.hex() for device in state.devices),
            *(state.username, state.display_name, chain.highest_receive_version),
        ]

    def _show_code(self) -> str | None:
        newest = self.epochs.newest
        seq = None if newest is None else self.epochs.entry_seq(newest.record.n)
        if newest is None or seq is None:
            return None
        record = newest.record
        log_hash = self.conversation.log.hashes[seq]
        return conversation_code(record.conversation, record.n, newest.hash, seq, log_hash)

    def _show_sealing(self) -> list[Any]:
        newest = self.epochs.newest
        if newest is None:
            return ["unconfirmed"]
        seq, time = self.told[newest.record.n]
        try:
            view = self.conversation.view(self.pins, Age(self.now, time, self.conversation.log.last - seq))
        except Rejected as rejected:
            return ["unconfirmed"] if rejected.verdict == "unproven" else ["stopped"]
        if view.held:
            return ["held", sorted(view.held)]
        if not view.has_key:
            return [str(State.KEYLESS)]
        if view.reasons:
            return ["rotating", "remove" if Reason.LEFT in view.reasons else "rotate"]
        return ["ready"]


def read_row(told: Told) -> Row:
    of_bytes = {name: bytes.fromhex(told[name]) for name in ("device", "client_id", "record", "record_hash")}
    names = ("seq", "kind", "user", "counter", "epoch", "target_seq", "time")
    fields: dict[str, Any] = {name: told[name] for name in names} | of_bytes
    return Row(**fields)


def show_row(row: Row) -> dict[str, Any]:
    """Return a row as both views read it."""
    names = Row.__dataclass_fields__
    fields = {name: getattr(row, name) for name in names}
    return {name: value.hex() if isinstance(value, bytes) else int(value) for name, value in fields.items()}


def read_settings(told: Told) -> Settings:
    links = tuple(
        Link(bytes.fromhex(link["public_key"]), link["ends"], link["limit"]) for link in told["links"]
    )
    add_by, post_by, settings_by = (Role(told[name]) for name in ("add_by", "post_by", "settings_by"))
    rights = Role(told["pin_by"]), Role(told["everyone_by"])
    return Settings(add_by, post_by, settings_by, told["timer"], links, *rights)


def read_act(before: Epoch, actor: int, told: Told) -> acts.Act:
    action = told["action"]
    targets = {one["user"]: one for one in told.get("targets", ())}
    causes = {user: bytes.fromhex(one["cause"] or NO_HASH.hex()) for user, one in targets.items()}
    if action == "add":
        return acts.add(before, causes, told["history_from"])
    if action == "remove":
        return acts.remove(before, causes)
    if action == "role":
        return acts.change_roles(before, {user: Role(one["role"]) for user, one in targets.items()})
    if action == "settings":
        return acts.change_settings(before, read_settings(told["settings"]))
    if action == "reidentify":
        return acts.reidentify(before, actor, targets)
    return acts.rotate(before)


def show_made(made: MadeEpoch) -> dict[str, Any]:
    def show(wraps: Mapping[int, bytes]) -> dict[str, str]:
        return {str(user): wrap.hex() for user, wrap in wraps.items()}

    history = made.history
    return {
        "record": made.record.hex(),
        "roster": None if made.roster is None else made.roster.hex(),
        "seed": made.seed.hex(),
        "wraps": show(made.wraps),
        "history": None
        if history is None
        else {"sealed": history.sealed.hex(), "wraps": show(history.wraps)},
    }
