// What does not fit in a conversation's log: one flaw is kept and said, the first, and graver ones before others. What is missing may be
// taken note of, and is not said again then; a log that was changed is said for as long as it is so.
import type { Flaw, Replica } from "./database.ts";

const isGrave = ({ reason }: Flaw): boolean => reason === "chain" || reason === "rewritten";

/** Whether a person may take note of it. */
export const canBeNoted = (flaw: Flaw): boolean => !isGrave(flaw);

/** Of the flaw that is kept and one that was found, the one to keep. */
export function chooseFlaw(known: Flaw | null, found: Flaw | null): Flaw | null {
  if (known === null || found === null) return known ?? found;
  const isSame = known.seq === found.seq && known.reason === found.reason;
  return !isSame && (known.isNoted || (isGrave(found) && !isGrave(known))) ? found : known;
}

/** The person has read of the flaw. */
export async function noteFlaw({ conversations }: Replica, conversation: string, flaw: Flaw): Promise<void> {
  await conversations.where({ id: conversation }).modify((row) => {
    if (row.flaw?.seq === flaw.seq && row.flaw.reason === flaw.reason) row.flaw = { ...row.flaw, isNoted: true };
  });
}
