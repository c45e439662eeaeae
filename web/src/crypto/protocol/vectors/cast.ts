// The people of the vectors: every secret is SHA-256 of a name, so that anybody can make them again.
import type { Bytes } from "../../../lib/bytes.ts";
import { zeros } from "../codec.ts";
import { publicKeyOf } from "../curve25519.ts";
import { type Sign, signWithSeed } from "../ed25519.ts";
import { hashKemKey, kemPublicKey } from "../hpke.ts";
import { hashStatement } from "../statements.ts";
import { type Body, identityProof, type ListedDevice, makeUserStatement, USER_CHAIN } from "../user-chain.ts";
import { named, named16 } from "./form.ts";

export const SERVER = named16("server");
export const TIME = 1_790_000_000_000;

export const seedOf = (name: string): Bytes => named(`${name} seed`);
export const signerOf = (name: string): Sign => signWithSeed(seedOf(name));
export const publicOf = (name: string): Bytes => publicKeyOf(seedOf(name));

export async function device(name: string): Promise<ListedDevice> {
  const kemHash = hashKemKey(await kemPublicKey(named(`${name} kem`)));
  return { device: named16(name), signKey: publicOf(name), kemHash, formats: [1] };
}

export const sortDevices = (devices: ListedDevice[]): ListedDevice[] =>
  devices.sort((a, b) => (Buffer.compare(a.device, b.device)));

export class Chain {
  statements: Bytes[] = [];
  constructor(readonly user: number, readonly username: string, public identity = username) {}

  get hash(): Bytes {
    const last = this.statements.at(-1);
    return last === undefined ? zeros(32) : hashStatement(USER_CHAIN, last);
  }

  /** The next statement, not yet part of the chain; signed by `signer` (a device's name) or the identity key. */
  make(body: Body, signer: string | null = null, changed: object = {}): Promise<Bytes> {
    const signing = signer ?? this.identity;
    const one = { server: SERVER, user: this.user, n: this.statements.length + 1, previous: this.hash, body, time: TIME + this.statements.length };
    return makeUserStatement({ ...one, signer: signer === null ? zeros(16) : named16(signer), extensions: [], ...changed }, signerOf(signing));
  }

  async add(body: Body, signer: string | null = null): Promise<this> {
    this.statements.push(await this.make(body, signer));
    return this;
  }

  genesis = (): Promise<this> => this.add({ kind: "genesis", identityKey: publicOf(this.identity), username: this.username });

  async identityBody(name: string, signedBy = name): Promise<Body> {
    const message = identityProof(SERVER, this.user, this.statements.length + 1, this.hash, publicOf(name));
    return { kind: "identity", identityKey: publicOf(name), proof: await signerOf(signedBy)(message) };
  }

  copy(): Chain {
    const chain = new Chain(this.user, this.username, this.identity);
    chain.statements = [...this.statements];
    return chain;
  }
}

export async function alice(): Promise<Chain> {
  const chain = await new Chain(1, "alice").genesis();
  await chain.add({ kind: "devices", devices: sortDevices([await device("alice laptop"), await device("alice phone")]) });
  return chain;
}
