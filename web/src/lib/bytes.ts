// Bytes as text: lower-case hex for ids, standard base64 with padding for everything else (what the server reads).

export type Bytes = Uint8Array<ArrayBuffer>;

const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
/** What a character is as a hex digit, by its code. */
const DIGITS: (number | undefined)[] = [];
for (const [at, digit] of [..."0123456789abcdef"].entries()) DIGITS[digit.charCodeAt(0)] = DIGITS[digit.toUpperCase().charCodeAt(0)] = at;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += PAIRS[byte]!;
  return hex;
}

/** Throws RangeError for anything but pairs of hex digits. */
export function fromHex(hex: string): Bytes {
  if (hex.length % 2 !== 0) throw new RangeError("not hex");
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    const [high, low] = [DIGITS[hex.charCodeAt(at * 2)], DIGITS[hex.charCodeAt(at * 2 + 1)]];
    if (high === undefined || low === undefined) throw new RangeError("not hex");
    bytes[at] = high * 16 + low;
  }
  return bytes;
}

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

/** Throws RangeError for base64url, missing padding, spaces. */
export function fromBase64(text: string): Bytes {
  if (!BASE64.test(text)) throw new RangeError("not base64");
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** Base64 with - and _ and without padding, as links have it. */
export const toBase64Url = (bytes: Uint8Array): string => toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** The bytes of base64url in its one spelling. Throws RangeError. */
export function fromBase64Url(text: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new RangeError("not base64url");
  const bytes = fromBase64(text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (text.length % 4)) % 4));
  if (toBase64Url(bytes) !== text) throw new RangeError("base64url in another spelling");
  return bytes;
}

/** A fresh id of 16 random bytes, as hex: conversations, devices and client ids. */
export function randomId(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}
