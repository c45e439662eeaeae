// The form of a vector: an operation, what goes in, and what comes out or which verdict. Bytes are hex.
import { type Bytes, fromHex, toHex } from "../../../lib/bytes.ts";
import { sha256 } from "../primitives.ts";

export interface Vector {
  name: string;
  op: string;
  in: Record<string, unknown>;
  out?: unknown;
  error?: string;
}

export interface VectorFile {
  about: string;
  vectors: Vector[];
}

/** A vector whose `out` is filled in by running it; with `error` it must be refused so. */
export const vector = (name: string, op: string, input: object, error?: string): Vector =>
  ({ name, op, in: plain(input) as Record<string, unknown>, ...(error !== undefined && { error }) });

const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Bytes as hex, names with underscores, sets and maps left out. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, one]) => !(one instanceof Set) && !(one instanceof Map));
  return Object.fromEntries(kept.map(([key, one]) => [snake(key), plain(one)]));
}

/** 32 bytes that anybody can make again: SHA-256 of the name. */
export const named = (name: string): Bytes => sha256(new TextEncoder().encode(name));
export const named16 = (name: string): Bytes => named(name).slice(0, 16);
/** 64 bytes of "randomness" for HPKE. */
export const ekm = (name: string): Bytes => Uint8Array.from([...named(`${name} m`), ...named(`${name} x`)]);

export function flip(bytes: Bytes, at: number): Bytes {
  const changed = bytes.slice();
  changed[at < 0 ? bytes.length + at : at]! ^= 1;
  return changed;
}

export const hex = fromHex;
