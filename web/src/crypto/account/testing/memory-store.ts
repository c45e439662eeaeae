// A key store for tests: what was written before a crash is there after it, and nothing else.
import { type Bytes, toHex } from "../../../lib/bytes.ts";
import type { Past } from "../past.ts";
import type { DeviceKeys, KeptRow, KeyStore, Remembered } from "../../keys/key-store.ts";
import { publicKeyOf, signWithSeed } from "../../protocol/ed25519.ts";
import { kemPublicKey } from "../../protocol/hpke.ts";
import { random } from "../../protocol/primitives.ts";

export class MemoryStore implements KeyStore {
  #seeds: { device: Bytes; sign: Bytes; kem: Bytes } | null = null;
  #remembered: Remembered | null = null;
  #past: Past | null = null;
  #private = new Map<string, KeptRow>();

  async readDevice(device: Bytes): Promise<DeviceKeys | null> {
    const seeds = this.#seeds;
    if (seeds === null || toHex(seeds.device) !== toHex(device)) return null;
    const [signKey, kemPublic] = [await publicKeyOf(seeds.sign), await kemPublicKey(seeds.kem)];
    return { device, signKey, sign: signWithSeed(seeds.sign), kemSeed: seeds.kem, kemPublicKey: kemPublic };
  }

  /** For another program that goes on as this device. */
  signSeed(): Bytes {
    return this.#seeds!.sign;
  }

  async makeDevice(device: Bytes): Promise<DeviceKeys> {
    const known = await this.readDevice(device);
    if (known !== null) return known;
    this.#seeds = { device, sign: random(32), kem: random(32) };
    return (await this.readDevice(device))!;
  }

  read(): Promise<Remembered | null> {
    return Promise.resolve(structuredClone(this.#remembered));
  }

  write(remembered: Remembered): Promise<void> {
    this.#remembered = structuredClone(remembered);
    return Promise.resolve();
  }

  readPrivate(): Promise<KeptRow[]> {
    return Promise.resolve(structuredClone([...this.#private.values()]));
  }

  writePrivate(rows: readonly KeptRow[]): Promise<void> {
    for (const row of structuredClone(rows)) this.#private.set(`${row.kind} ${row.place}`, row);
    return Promise.resolve();
  }

  readPast(): Promise<Past | null> {
    return Promise.resolve(structuredClone(this.#past));
  }

  writePast(past: Past): Promise<void> {
    this.#past = structuredClone(past);
    return Promise.resolve();
  }

  forget(past: Past | null): Promise<void> {
    this.#past = structuredClone(past);
    this.#seeds = null;
    this.#remembered = null;
    this.#private.clear();
    return Promise.resolve();
  }
}
