// What a code that was read says against the one that is expected (docs/protocol-encryption.md, 9.3).
const CODE = /^hearth-safety:1:[A-Za-z0-9_-]{86}$/;

export const isSafetyCode = (text: string): boolean => CODE.test(text);

export type Comparison = "match" | "no_match";

export const compareCode = (read: string, expected: string): Comparison => (read === expected ? "match" : "no_match");
