// Whether a name is what somebody is looking for: capitals and accents do not matter, each word may begin the match.

/** Without capitals and accents. */
export function fold(text: string): string {
  return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLocaleLowerCase();
}

export function matchesName(wanted: string, ...names: string[]): boolean {
  const start = fold(wanted.trim().replace(/^@/, ""));
  if (start === "") return true;
  return names.some((name) => {
    const folded = fold(name);
    return folded.startsWith(start) || folded.split(/[\s._-]+/).some((_, at, words) => words.slice(at).join(" ").startsWith(start));
  });
}
