// What a private row holds and how a person changes it (docs/protocol-encryption.md, 6.4): said by the page, carried out by the
// keys' worker on what stands there then, whichever device has written it.

/** Without fields nothing is kept. */
export type Fields = Record<string, unknown>;

export const PRIVATE_KEEPING = 1;
export const PRIVATE_DRAFT = 2;
export const PRIVATE_STARS = 3;
export const PRIVATE_HIDDEN = 4;
export const PRIVATE_PREFERENCES = 6;

/** Fields that take another value, with null none; or items that join a field's list, or leave it. */
export type PrivateChange = { set: Fields } | { field: string; add: unknown[] } | { field: string; drop: unknown[] };

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

/** New fields; unknown ones stay as they are. */
export function applyChange(fields: Fields, change: PrivateChange): Fields {
  if ("set" in change) return Object.fromEntries(Object.entries({ ...fields, ...change.set }).filter(([, value]) => value !== null));
  const items = listOf(fields[change.field]);
  const changed = "add" in change ? [...items, ...change.add.filter((item) => !items.some((one) => isSame(one, item)))] : items.filter((one) => !change.drop.some((item) => isSame(one, item)));
  return applyChange(fields, { set: { [change.field]: changed.length > 0 ? changed : null } });
}

/** Of two drafts the one that was written later counts. */
export const isLaterDraft = (one: Fields, other: Fields): boolean =>
  typeof one["time"] === "number" && typeof other["time"] === "number" && one["time"] > other["time"];
