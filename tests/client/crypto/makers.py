"""Members of a conversation who make epochs and take those of others, each with what their device knows."""

from dataclasses import dataclass, field

from hearth.client.crypto.making import acts
from hearth.client.crypto.making.device import Moment, OwnDevice
from hearth.client.crypto.making.epoch import Ground, MadeEpoch, make_epoch
from hearth.sealed.core import hpke
from hearth.sealed.core.packed import Place
from hearth.sealed.group.check import Where
from hearth.sealed.group.epoch import Action, Epoch, Role, Settings
from hearth.sealed.group.epochs import Epochs
from hearth.sealed.group.seeds import SeedPlace, check_seed, open_history, unwrap_seed
from hearth.sealed.person.people import People
from hearth.sealed.person.pins import Pins
from tests.client.crypto.cast import NOW, SERVER, Person, catch_up, device_id, seed_of
from tests.client.crypto.room import GROUP

OPEN = Settings(Role.ADMIN, Role.MEMBER, Role.ADMIN, 0, ())
AT = Moment(NOW, Place(0, bytes(32)))


@dataclass
class Member:
    """One person's device in a conversation: what it knows of the others, of the epochs, its seeds."""

    person: Person
    epochs: Epochs
    cast: dict[int, Person]
    pins: Pins = field(default_factory=lambda: Pins({}))
    seeds: dict[int, bytes] = field(default_factory=dict)

    @property
    def user(self) -> int:
        return self.person.user

    @property
    def newest(self) -> Epoch:
        assert self.epochs.newest is not None
        return self.epochs.newest

    @property
    def device(self) -> OwnDevice:
        name = self.person.device_name()
        return OwnDevice(self.user, device_id(name), seed_of(name))

    def look(self) -> "Member":
        """Fetch everybody's chain and receive statements."""
        for person in self.cast.values():
            catch_up(self.epochs.people, person)
        return self

    def ground(self) -> Ground:
        keys = [key for person in self.cast.values() for key in receive_keys(person)]
        return Ground(self.epochs, self.pins, {hpke.kem_hash(key): key for key in keys}, self.seeds)

    def make(self, act: acts.Act) -> MadeEpoch:
        return make_epoch(self.look().ground(), self.device, act, AT)

    def take(self, made: MadeEpoch) -> Epoch:
        """Check an epoch as it comes from the server, and open one's own wrap of it."""
        self.look()
        epoch = self.epochs.take(made.record, made.roster)
        return self.open(made, epoch)

    def join(self, before: MadeEpoch, made: MadeEpoch) -> Epoch:
        """Begin with the epoch that brings oneself in."""
        self.look()
        roster = before.roster or before.epoch.roster.pack()
        return self.open(made, self.epochs.join((before.record, roster), made.record, made.roster))

    def open(self, made: MadeEpoch, epoch: Epoch) -> Epoch:
        n, member = epoch.record.n, epoch.members[self.user]
        if member.receive_version:
            seed = self.receive_seed(member.receive_version)
            self.seeds[n] = unwrap_seed(seed, place_of(epoch), self.user, made.wraps[self.user])
            self.epochs.take_seed(n, self.seeds[n])
        return epoch

    def open_given(self, made: MadeEpoch, records: list[MadeEpoch]) -> dict[int, bytes]:
        """Return the seeds that one is given as a newcomer, each checked against its record."""
        assert made.history is not None
        wrap = made.history.wraps[self.user]
        seed = self.receive_seed(made.epoch.members[self.user].receive_version)
        past = open_history(seed, made.epoch.hash, self.user, wrap, made.history.sealed)
        return {one.n: check_seed(place_of(records[one.n - 1].epoch), one.seed) for one in past}

    def receive_seed(self, version: int) -> bytes:
        return seed_of(self.person.receive_name(version))


def receive_keys(person: Person) -> list[bytes]:
    """Return a person's public receive keys, the newest last."""
    versions = range(1, len(person.received) + 1)
    return [hpke.public_key(seed_of(person.receive_name(version))) for version in versions]


def place_of(epoch: Epoch) -> SeedPlace:
    return SeedPlace(epoch.record.conversation, epoch.record.n, epoch.hash, epoch.record.commitment)


@dataclass
class Company:
    """A conversation by its making: everybody of the cast, those who are in it, what was made."""

    cast: dict[int, Person]
    conversation: bytes = GROUP
    members: dict[int, Member] = field(default_factory=dict)
    made: list[MadeEpoch] = field(default_factory=list)
    left: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def member(self, user: int) -> Member:
        """Return a device that knows nothing yet."""
        where = Where(SERVER, self.conversation, user)
        epochs = Epochs(where, People(SERVER), lambda n, left: self.left.get((n, left)))
        return Member(self.cast[user], epochs, self.cast)

    def create(self, act: acts.Act, by: int) -> "Company":
        self.members = {user: self.member(user) for user in act.roles}
        return self.carry_out(self.members[by].make(act))

    def carry_out(self, made: MadeEpoch) -> "Company":
        """Let everybody who is in an epoch take it; newcomers begin with it, who is gone does not get it."""
        self.made.append(made)
        there = made.epoch.members
        self.members = {user: self.members.get(user) or self.member(user) for user in there}
        for member in self.members.values():
            if member.epochs.newest is None and made.epoch.record.action is not Action.CREATE:
                member.join(self.made[-2], made)
            else:
                member.take(made)
        return self
