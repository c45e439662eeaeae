// Statements on top of a verified chain that are not sent yet. Each is judged as everybody will judge it.
import type { Bytes } from "../../lib/bytes.ts";
import { zeros } from "../protocol/codec.ts";
import { publicKeyOf, type Sign, signWithSeed } from "../protocol/ed25519.ts";
import type { ChainHead } from "../protocol/own-keys.ts";
import { type Body, identityProof, type ListedDevice, makeUserStatement } from "../protocol/user-chain.ts";
import { applyUserStatement, type UserState } from "../protocol/user-state.ts";
import { compare } from "../protocol/codec.ts";
import type { DeviceKeys } from "../keys/key-store.ts";
import { hashKemKey } from "../protocol/hpke.ts";

/** The record formats that this program reads. */
const FORMATS = [1];

export class Draft {
  readonly statements: Bytes[] = [];

  constructor(readonly place: { server: Bytes; user: number }, private current: UserState | null, private readonly time: number) {}

  /** Throws Error before the first statement. */
  get state(): UserState {
    if (this.current === null) throw new Error("nothing is drafted yet");
    return this.current;
  }

  get head(): ChainHead {
    return { n: this.current?.n ?? 0, hash: this.current?.hash ?? zeros(32) };
  }

  async #add(body: Body, sign: Sign, signer: Bytes): Promise<void> {
    const { n, hash } = this.head;
    const { server, user } = this.place;
    const statement = await makeUserStatement({ server, user, n: n + 1, previous: hash, body, time: this.time, signer, extensions: [] }, sign);
    this.current = await applyUserStatement(this.current, statement, server, user);
    this.statements.push(statement);
  }

  /** By the identity key. Throws ProtocolError `not_allowed`. */
  addByIdentity = (body: Body, identitySeed: Bytes): Promise<void> => this.#add(body, signWithSeed(identitySeed), zeros(16));

  addByDevice = (body: Body, keys: DeviceKeys): Promise<void> => this.#add(body, keys.sign, keys.device);

  /** A new identity key, linked to the one so far. */
  async renewIdentity(seed: Bytes, newSeed: Bytes): Promise<void> {
    const { n, hash } = this.head;
    const identityKey = await publicKeyOf(newSeed);
    const message = identityProof(this.place.server, this.place.user, n + 1, hash, identityKey);
    await this.addByIdentity({ kind: "identity", identityKey, proof: await signWithSeed(newSeed)(message) }, seed);
  }

  addDevices = (devices: ListedDevice[], identitySeed: Bytes): Promise<void> =>
    this.addByIdentity({ kind: "devices", devices: [...devices].sort((a, b) => compare(a.device, b.device)) }, identitySeed);
}

/** As a device stands in the list. */
export const listDevice = (keys: DeviceKeys): ListedDevice => ({
  device: keys.device,
  signKey: keys.signKey,
  kemHash: hashKemKey(keys.kemPublicKey),
  formats: FORMATS,
});
