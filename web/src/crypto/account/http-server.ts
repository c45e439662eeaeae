// The server of account flows over HTTP, as hearth/directory and hearth/vault speak (docs/protocol.md). Bytes travel as base64,
// ids as hex.
import { type Bytes, toBase64, toHex } from "../../lib/bytes.ts";
import { post } from "../../wire/http.ts";
import { type Ask, makeAsk, type Said, type Send } from "./said.ts";
import {
  type AccountServer, type Addition, type ChainPage, type NewGeneration, type NewPassword, type NewPrivateRow, type NewReceive, type NewRow,
  type PublicKey, type Removal, type Renewal, type StoredGeneration, type VaultChange,
} from "./server.ts";

const optional = (bytes: Bytes | null): string | null => (bytes === null ? null : toBase64(bytes));
const sayKey = (key: PublicKey): object => ({ device_id: toHex(key.device), public_key: toBase64(key.publicKey) });
const sayRow = (row: NewRow): object => ({ g: row.g, kind: row.kind, id: toBase64(row.id), sealed: toBase64(row.sealed) });
const sayReceive = (receive: NewReceive): object => ({ statement: toBase64(receive.statement), public_key: toBase64(receive.publicKey) });

const sayGeneration = (generation: NewGeneration): object => ({
  statement: toBase64(generation.statement),
  wraps: generation.wraps.map(({ recipient, wrap }) => ({ recipient: toHex(recipient), wrap: toBase64(wrap) })),
  predecessor: optional(generation.predecessor),
});

const sayPassword = ({ authKey, salt, stretching }: NewPassword): object => ({ new_auth_key: toBase64(authKey), kdf: { salt: toBase64(salt), ...stretching } });

function sayChange(change: VaultChange): object {
  const ways = change.vault.ways.map((way) => ({
    kind: way.kind, id: toHex(way.id), way_in: toBase64(way.wayIn), proof_hash: optional(way.proofHash),
  }));
  return {
    statements: change.statements.map(toBase64),
    vault: { sealed: toBase64(change.vault.sealed), password_wrap: toBase64(change.vault.passwordWrap), ways },
    generation: sayGeneration(change.generation),
    receive: sayReceive(change.receive),
    device_keys: change.publicKeys.map(sayKey),
    rows: change.rows.map(sayRow),
  };
}

const readGeneration = (said: Said): StoredGeneration => ({
  statement: said.bytes("statement"), predecessor: said.optional("predecessor"), wrap: said.optional("wrap"), vaultWrap: said.optional("vault_wrap"),
});

const readChainPage = (said: Said): ChainPage => ({ n: said.number("n"), statements: said.many("statements") });

export class HttpAccountServer implements AccountServer {
  readonly #user: number;
  readonly #ask: Ask;
  readonly #deviceName: string;

  /** `deviceName` is what a session that begins here is called in the list of devices. */
  constructor(user: number, deviceName = "", send: Send = post) {
    this.#user = user;
    this.#deviceName = deviceName;
    this.#ask = makeAsk(send);
  }

  async #do(name: string, body: object): Promise<void> {
    await this.#ask(name, body);
  }

  async getVault(): ReturnType<AccountServer["getVault"]> {
    const said = await this.#ask("vault.get", {});
    return { version: said.number("version"), isListed: said.is("is_listed"), sealed: said.optional("sealed"), passwordWrap: said.optional("password_wrap") };
  }

  readChain = async (after: number): Promise<ChainPage> => readChainPage(await this.#ask("chain.read", { user_id: this.#user, after }));

  async listGenerations(before: number | null): Promise<StoredGeneration[]> {
    return (await this.#ask("vault.generations", before === null ? {} : { before })).list("generations", readGeneration);
  }

  async readReceive(): Promise<NewReceive | null> {
    const said = await this.#ask("chain.receive", { user_id: this.#user });
    const read = (one: Said): NewReceive => ({ statement: one.bytes("statement"), publicKey: one.bytes("public_key") });
    return said.list("statements", read).at(-1) ?? null;
  }

  async listPublicKeys(): Promise<PublicKey[]> {
    const said = await this.#ask("vault.device_keys", {});
    return said.list("device_keys", (one) => ({ device: one.id("device_id"), publicKey: one.bytes("public_key") }));
  }

  async listSessions(): Promise<Bytes[]> {
    const said = await this.#ask("device.list", {});
    return said.list("devices", (one) => one.id("id"));
  }

  async listRows(after: number): ReturnType<AccountServer["listRows"]> {
    const said = await this.#ask("keyring.list", { after });
    const rows = said.list("rows", (one) => ({
      position: one.number("position"), g: one.number("g"), kind: one.number("kind"), id: one.bytes("id"), sealed: one.bytes("sealed"),
      isOfSet: one.is("is_of_set"),
    }));
    return { rows, position: said.number("position") };
  }

  appendRows = (rows: NewRow[]): Promise<void> => this.#do("keyring.append", { rows: rows.map(sayRow) });

  async listPrivate(after: number): ReturnType<AccountServer["listPrivate"]> {
    const said = await this.#ask("private.list", { after, limit: 500 });
    const rows = said.list("rows", (one) => ({
      position: one.number("position"), kind: one.number("kind"), place: toHex(one.id("place")), version: one.number("version"), g: one.number("g"),
      sealed: one.bytes("sealed"),
    }));
    return { rows, position: said.number("position") };
  }

  putPrivate(rows: NewPrivateRow[]): Promise<void> {
    const said = rows.map(({ kind, place, before, version, g, sealed }) => ({ kind, place, before, version, g, sealed: toBase64(sealed) }));
    return this.#do("private.put", { rows: said });
  }

  setUp = (authKey: Bytes, change: VaultChange): Promise<void> => this.#do("chain.set_up", { auth_key: toBase64(authKey), change: sayChange(change) });

  addDevice(authKey: Bytes, { statement, publicKey, g, wrap }: Addition): Promise<void> {
    const body = { auth_key: toBase64(authKey), statement: toBase64(statement), device_key: toBase64(publicKey), g, wrap: toBase64(wrap) };
    return this.#do("chain.add_device", body);
  }

  setProfile = (statement: Bytes): Promise<void> => this.#do("chain.profile", { statement: toBase64(statement) });

  retire = (statement: Bytes): Promise<void> => this.#do("chain.retire", { statement: toBase64(statement) });

  removeDevices(authKey: Bytes, { statement, generation, receive, rows }: Removal): Promise<void> {
    const parts = { generation: sayGeneration(generation), receive: sayReceive(receive), rows: rows.map(sayRow) };
    return this.#do("chain.remove_devices", { auth_key: toBase64(authKey), statement: toBase64(statement), ...parts });
  }

  changePassword = (authKey: Bytes, password: NewPassword, change: VaultChange): Promise<void> =>
    this.#do("chain.change_password", { auth_key: toBase64(authKey), ...sayPassword(password), change: sayChange(change) });

  changeWays = (authKey: Bytes, change: VaultChange): Promise<void> =>
    this.#do("chain.change_ways", { auth_key: toBase64(authKey), change: sayChange(change) });

  renew({ generation, receive, rows }: Renewal): Promise<void> {
    return this.#do("chain.renew", {
      generation: generation === null ? null : sayGeneration(generation), receive: receive === null ? null : sayReceive(receive), rows: rows.map(sayRow),
    });
  }

  resetHere = (token: string, password: NewPassword, change: VaultChange): Promise<void> =>
    this.#do("chain.reset", { token, ...sayPassword(password), change: sayChange(change) });

  async askRecovery(username: string, proof: Bytes, after: number): ReturnType<AccountServer["askRecovery"]> {
    const said = await this.#ask("recovery", { username, proof: toBase64(proof), after });
    return {
      server: said.id("server_id"), user: said.number("user_id"), ticket: said.text("ticket"), device: said.id("device_id"), version: said.number("version"),
      sealed: said.bytes("sealed"), kind: said.number("kind"), id: said.id("id"), wayIn: said.bytes("way_in"), chain: readChainPage(said),
      generation: readGeneration(said.at("generation")), receiveVersion: said.number("receive_version"),
    };
  }

  finishRecovery = (username: string, proof: Bytes, ticket: string, password: NewPassword, change: VaultChange): Promise<void> =>
    this.#do("recovery/finish", {
      username, proof: toBase64(proof), ticket, ...sayPassword(password), device_name: this.#deviceName, change: sayChange(change),
    });

  async askReset(token: string): ReturnType<AccountServer["askReset"]> {
    const said = await this.#ask("reset", { token });
    return {
      server: said.id("server_id"), user: said.number("user_id"), username: said.text("username"), device: said.id("device_id"), n: said.number("n"),
      hash: said.bytes("hash"), receiveVersion: said.number("receive_version"),
    };
  }

  finishReset = (token: string, password: NewPassword, change: VaultChange): Promise<void> =>
    this.#do("reset/finish", { token, ...sayPassword(password), device_name: this.#deviceName, change: sayChange(change) });
}
