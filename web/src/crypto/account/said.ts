// What the server answers, read field by field. An answer of another form is `malformed`, whoever wrote it.
import { type Bytes, fromBase64, fromHex } from "../../lib/bytes.ts";
import { ProblemError } from "../../wire/http.ts";
import { check, ProtocolError } from "../protocol/codec.ts";
import { NoAnswer, Refusal } from "./server.ts";

export type Send = (path: string, body: object) => Promise<unknown>;
type Fields = Record<string, unknown>;

const WITHOUT_ANSWER = new Set(["network", "timeout", "busy", "storage_unavailable", "unknown"]);

/** An answer read field by field. Throws ProtocolError `malformed`. */
export class Said {
  readonly #fields: Fields;

  constructor(value: unknown) {
    check(typeof value === "object" && value !== null, "malformed", "not an object");
    this.#fields = value as Fields;
  }

  number(name: string): number {
    const value = this.#fields[name];
    check(Number.isSafeInteger(value) && (value as number) >= 0, "malformed", `${name} is no number`);
    return value as number;
  }

  text(name: string): string {
    const value = this.#fields[name];
    check(typeof value === "string", "malformed", `${name} is no text`);
    return value;
  }

  /** An instant, in milliseconds. */
  time(name: string): number {
    const value = Date.parse(this.text(name));
    check(Number.isSafeInteger(value) && value >= 0, "malformed", `${name} is no instant`);
    return value;
  }

  #decode(name: string, decode: (text: string) => Bytes): Bytes {
    try {
      return decode(this.text(name));
    } catch {
      throw new ProtocolError("malformed", `${name} is not what it should be`);
    }
  }

  bytes = (name: string): Bytes => this.#decode(name, fromBase64);
  id = (name: string): Bytes => this.#decode(name, fromHex);
  optional = (name: string): Bytes | null => ((this.#fields[name] ?? null) === null ? null : this.bytes(name));
  is = (name: string): boolean => this.#fields[name] === true;
  at = (name: string): Said => new Said(this.#fields[name]);

  list<T>(name: string, read: (said: Said) => T): T[] {
    const value = this.#fields[name];
    check(Array.isArray(value), "malformed", `${name} is no list`);
    return value.map((one) => read(new Said(one)));
  }

  /** A list of bytes. */
  many(name: string): Bytes[] {
    const value = this.#fields[name];
    check(Array.isArray(value), "malformed", `${name} is no list`);
    return value.map((one) => new Said({ one }).bytes("one"));
  }
}

/** Throws Refusal, and NoAnswer when it is not known whether it was carried out. */
export type Ask = (name: string, body: object) => Promise<Said>;

export function makeAsk(send: Send): Ask {
  return async (name, body) => {
    try {
      return new Said(await send(`/api/${name}`, body));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      throw WITHOUT_ANSWER.has(error.problem.code) ? new NoAnswer() : new Refusal(error.problem.code);
    }
  };
}
