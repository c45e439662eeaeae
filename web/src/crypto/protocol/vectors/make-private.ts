// Vectors of private rows.
import type { Bytes } from "../../../lib/bytes.ts";
import { join, lp32, text, u32, u64, u8, zeros } from "../codec.ts";
import { sealBox } from "../primitives.ts";
import { type PrivatePlace, sealPrivate } from "../private.ts";
import { SERVER } from "./cast.ts";
import { flip, named, named16, type Vector, vector, type VectorFile } from "./form.ts";

const KEY = named("A2");
const ROW: PrivatePlace = { server: SERVER, user: 1, g: 2, kind: 1, place: named16("conversation"), version: 3 };
const MARK = [7, "AAECAwQFBgcICQoLDA0ODw=="];
const FIELDS: readonly (readonly [name: string, kind: number, fields: object])[] = [
  ["keeping", 1, { muted: true, notify: "mentions", archived: true, pinned: 1790000000000 }],
  ["draft", 2, { text: "Grüße, مرحبا 👋🏽", target: 7, time: 1790000000000 }],
  ["stars", 3, { messages: [MARK, [8, MARK[1]]] }],
  ["hidden", 4, { messages: [MARK] }],
  ["scheduled", 5, { conversation: "ab".repeat(16), at: 1790000000000, body: { type: "text", text: "Later" }, target: MARK, client_id: "cd".repeat(16) }],
  ["preferences", 6, { theme: "dark", more: { unknown: [1.5, null, true] } }],
  ["nothing is kept", 1, {}],
];

const placeOf = (kind: number): PrivatePlace => ({ ...ROW, kind, place: kind === 6 ? zeros(16) : ROW.place });
const open = (row: PrivatePlace, sealed: Bytes): object => ({ key: KEY, ...row, sealed });

/** A box around any bytes, right or wrong. */
function box(padded: Uint8Array, row = ROW): Promise<Bytes> {
  const aad = join(row.server, u64(row.user), u64(row.g), u8(row.kind), row.place, u64(row.version));
  return sealBox(KEY, "hearth private v1", aad, padded as Bytes, named16("salt"));
}

async function listMoved(): Promise<Vector[]> {
  const sealed = await sealPrivate(KEY, ROW, { muted: true }, named16("salt"));
  const refuse = (name: string, row: object, error = "cannot_open"): Vector => vector(name, "private.open", { ...open(ROW, sealed), ...row }, error);
  return [
    refuse("of another server", { server: named16("other") }),
    refuse("of another person", { user: 2 }),
    refuse("of another generation", { g: 1 }),
    refuse("as another kind", { kind: 2 }),
    refuse("in another place", { place: named16("other") }),
    refuse("as another version", { version: 4 }),
    refuse("under another key", { key: named("A1") }),
    refuse("a changed byte", { sealed: flip(sealed, -1) }),
    refuse("another format", { sealed: flip(sealed, 0) }, "unsupported"),
    refuse("a kind that there is not", { kind: 7 }, "malformed"),
    refuse("no kind", { kind: 0 }, "malformed"),
    refuse("no version", { version: 0 }, "malformed"),
    refuse("a keeping of no conversation", { place: zeros(16) }, "malformed"),
    refuse("preferences of a conversation", { kind: 6 }, "malformed"),
    refuse("a byte missing", { sealed: sealed.slice(0, -1) }, "malformed"),
    refuse("a byte too many", { sealed: join(sealed, zeros(1)) }, "malformed"),
    refuse("no bytes", { sealed: zeros(0) }, "malformed"),
  ];
}

const pad = (content: Uint8Array, length: number): Bytes => join(content, zeros(length - content.length));
const written = (json: string): Bytes => lp32(text(json));
const nested = (depth: number): string => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
const long = (length: number): string => JSON.stringify({ text: "a".repeat(length - 11) });

async function listContents(): Promise<Vector[]> {
  const one = async (name: string, padded: Uint8Array, error?: string): Promise<Vector> =>
    vector(name, "private.open", open(ROW, await box(padded)), error);
  return [
    await one("as large as can be", written(long(15_868))),
    await one("larger than can be", pad(written(long(15_869)), 16_384), "malformed"),
    await one("nested as deep as can be", pad(written(nested(32)), 256)),
    await one("nested too deep", pad(written(nested(33)), 256), "malformed"),
    await one("a key twice", pad(written('{"a":1,"a":2}'), 256)),
    await one("longer than the row", pad(u32(253), 256), "bad_padding"),
    await one("padding that is not zeros", flip(pad(written("{}"), 256), -1), "bad_padding"),
    await one("padded to another bucket", pad(written("{}"), 512), "bad_padding"),
    await one("not a bucket", pad(written("{}"), 257), "malformed"),
    await one("a list", pad(written("[]"), 256), "malformed"),
    await one("not JSON", pad(written("{"), 256), "malformed"),
    await one("not a number", pad(written('{"a":NaN}'), 256), "malformed"),
    await one("no UTF-8", pad(lp32(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)), 256), "malformed"),
  ];
}

export async function makePrivate(): Promise<VectorFile> {
  const vectors: Vector[] = [];
  for (const [name, kind, fields] of FIELDS) {
    const row = placeOf(kind);
    vectors.push(vector(name, "private.open", open(row, await sealPrivate(KEY, row, fields, named16("salt")))));
  }
  return { about: "Section 6.4.", vectors: [...vectors, ...(await listMoved()), ...(await listContents())] };
}
