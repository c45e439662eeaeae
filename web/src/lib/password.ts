// What a typed password becomes before it is stretched: RFC 8265 section 4.2 OpaqueString, as hearth/client does it too:
// other spaces become U+0020, NFC, no control characters. Both sides must agree byte for byte.
import type { Bytes } from "./bytes.ts";

export const MINIMUM_CHARACTERS = 10;
export const MAXIMUM_BYTES = 1024;

export type PasswordFlaw = "short" | "long" | "character";

// Every Zs character but U+0020 itself, written out: the set must not change with a browser's Unicode version.
const OTHER_SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;
// What RFC 8264's FreeformClass refuses: controls, halves of surrogate pairs, private and unassigned characters, old
// jamo, and what is invisible (joiners only after a virama, where Indic scripts need them).
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]|(?!\u200c|\u200d)\p{Default_Ignorable_Code_Point}/u;
const LOOSE_JOINER = /(?<![\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca])[\u200c\u200d]/;

export function normalisePassword(typed: string): string {
  return typed.replace(OTHER_SPACES, " ").normalize("NFC");
}

export function encodePassword(typed: string): Bytes {
  return new TextEncoder().encode(normalisePassword(typed));
}

/**
 * Why a password cannot be chosen, or null. Characters are code points after normalisation. A character that cannot be
 * typed alike on every device is refused here, when a password is chosen, never when somebody signs in.
 */
export function findPasswordFlaw(typed: string): PasswordFlaw | null {
  const password = normalisePassword(typed);
  if (FORBIDDEN.test(password) || LOOSE_JOINER.test(password)) return "character";
  if (Array.from(password).length < MINIMUM_CHARACTERS) return "short";
  if (encodePassword(typed).length > MAXIMUM_BYTES) return "long";
  return null;
}
