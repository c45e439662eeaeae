// What a user chain says after each statement, and whether the next one may stand there (docs/protocol-encryption.md, 5.1).
import { type Bytes, toHex } from "../../lib/bytes.ts";
import { check, equal, isZero, zeros } from "./codec.ts";
import { isGoodPoint, requireSignature } from "./ed25519.ts";
import { hashStatement, verifyStatement } from "./statements.ts";
import { type Body, identityProof, type ListedDevice, readUserStatement, USER_CHAIN, type UserStatement, type VaultPointer } from "./user-chain.ts";

export interface UserState {
  n: number;
  hash: Bytes;
  identityKey: Bytes;
  /** Rises with each reset: identity keys of one incarnation are linked. */
  incarnation: number;
  username: string;
  devices: ListedDevice[];
  /** Hex of the devices that are not listed and left last by their own `retire`, in this incarnation. */
  retired: ReadonlySet<string>;
  vault: VaultPointer | null;
  displayName: string | null;
  avatar: Bytes | null;
  /** Hex of every identity key there was. */
  identities: ReadonlySet<string>;
  /** Every Ed25519 device key there was and its device id, as hex, both ways. */
  deviceKeys: ReadonlyMap<string, string>;
}

export const findDevice = (state: UserState, device: Uint8Array): ListedDevice | undefined =>
  state.devices.find((listed) => equal(listed.device, device));

function keysIn(body: Body): Bytes[] {
  if (body.kind === "devices") return body.devices.map((listed) => listed.signKey);
  return body.kind === "genesis" || body.kind === "identity" ? [body.identityKey] : [];
}

function signingKey(state: UserState | null, { body, signer }: UserStatement): Bytes {
  if (body.kind !== "profile" && body.kind !== "retire") {
    check(isZero(signer), "not_listed", "the identity key must sign this");
    return body.kind === "genesis" ? body.identityKey : state!.identityKey;
  }
  const device = findDevice(state!, signer);
  check(device !== undefined, "not_listed", "the device is not in the list");
  return device.signKey;
}

function checkPlace(state: UserState | null, one: UserStatement, server: Bytes, user: number): void {
  check(equal(one.server, server) && one.user === user, "wrong_place", "of another person or server");
  check(one.n === (state?.n ?? 0) + 1, "wrong_link", "not the next number");
  check(equal(one.previous, state?.hash ?? zeros(32)), "wrong_link", "not after this statement");
  check(state !== null || one.body.kind === "genesis", "not_allowed", "a chain begins with genesis");
}

async function checkSignatures(state: UserState | null, one: UserStatement, bytes: Bytes): Promise<void> {
  await verifyStatement(USER_CHAIN, bytes, signingKey(state, one));
  if (one.body.kind !== "identity") return;
  const { identityKey, proof } = one.body;
  await requireSignature(identityKey, proof, identityProof(one.server, one.user, one.n, one.previous, identityKey));
}

function noteDeviceKeys(state: UserState, devices: ListedDevice[]): Map<string, string> {
  const noted = new Map(state.deviceKeys);
  for (const { device, signKey } of devices) {
    const [id, key] = [toHex(device), toHex(signKey)];
    check((noted.get(`id ${id}`) ?? key) === key, "not_allowed", "a device id has one key for ever");
    check((noted.get(`key ${key}`) ?? id) === id, "not_allowed", "a device key has one id for ever");
    check(!state.identities.has(key), "not_allowed", "an identity key is no device key");
    noted.set(`id ${id}`, key).set(`key ${key}`, id);
  }
  return noted;
}

function listDevices(before: UserState, devices: ListedDevice[]): Pick<UserState, "devices" | "retired" | "deviceKeys"> {
  const listed = new Set(devices.map((one) => toHex(one.device)));
  const retired = new Set([...before.retired].filter((device) => !listed.has(device)));
  return { devices, retired, deviceKeys: noteDeviceKeys(before, devices) };
}

function noteIdentity(state: UserState | null, key: Bytes): Set<string> {
  const hex = toHex(key);
  check(!(state?.identities.has(hex) ?? false), "not_allowed", "an identity key does not come back");
  check(!(state?.deviceKeys.has(`key ${hex}`) ?? false), "not_allowed", "a device key is no identity key");
  return new Set([...(state?.identities ?? []), hex]);
}

function applyGenesis(state: UserState | null, body: Body & { kind: "genesis" }): Omit<UserState, "n" | "hash"> {
  check(state === null || state.username === body.username, "not_allowed", "usernames are for ever");
  const identities = noteIdentity(state, body.identityKey);
  return {
    identityKey: body.identityKey,
    incarnation: (state?.incarnation ?? 0) + 1,
    username: body.username,
    devices: [],
    retired: new Set(),
    vault: null,
    displayName: state?.displayName ?? null,
    avatar: state?.avatar ?? null,
    identities,
    deviceKeys: state?.deviceKeys ?? new Map<string, string>(),
  };
}

function applyBody(state: UserState | null, { body, signer }: UserStatement): Omit<UserState, "n" | "hash"> {
  if (body.kind === "genesis") return applyGenesis(state, body);
  const before = state!;
  switch (body.kind) {
    case "devices":
      return { ...before, ...listDevices(before, body.devices) };
    case "identity":
      return { ...before, identityKey: body.identityKey, identities: noteIdentity(before, body.identityKey) };
    case "vault":
      check(body.vault.version > (before.vault?.version ?? 0), "not_allowed", "vault versions rise");
      return { ...before, vault: body.vault };
    case "profile":
      return { ...before, displayName: body.displayName, avatar: body.avatar };
    case "retire":
      return {
        ...before,
        devices: before.devices.filter((listed) => !equal(listed.device, signer)),
        retired: new Set([...before.retired, toHex(signer)]),
      };
  }
}

/** Returns the state after a statement. Throws ProtocolError with the first check of 5.1 that fails. */
export async function applyUserStatement(state: UserState | null, bytes: Bytes, server: Bytes, user: number): Promise<UserState> {
  const one = readUserStatement(bytes);
  checkPlace(state, one, server, user);
  check(keysIn(one.body).every(isGoodPoint), "bad_key", "not a key of Ed25519");
  await checkSignatures(state, one, bytes);
  return { ...applyBody(state, one), n: one.n, hash: hashStatement(USER_CHAIN, bytes) };
}
