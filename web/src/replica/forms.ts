// The forms that the local copy has had: its tables with their indexes, and how a copy of an older form becomes one of the next.
import type Dexie from "dexie";

import { clearAll, keepLowest, markCalls, markLines, markSealed, moveRecords, openPins, openUnknown, takeAims } from "./upgrades.ts";

/** `me` is whose copy it is. Indexes of properties that most rows do not have take no room for these. */
export function defineForms(copy: Dexie, me: number): void {
  copy.version(1).stores({
    entries: "[conversation+seq], [conversation+from_device+counter]",
    ranges: "[conversation+from]",
    conversations: "id, active_at",
    members: "[conversation+user_id], conversation",
    users: "id",
    friends: "user_id",
    requests: "id",
    blocked: "user_id",
    devices: "id",
    avatars: "id",
    metas: "key",
  });
  copy.version(2).stores({}).upgrade(clearAll);
  copy.version(3)
    .stores({ entries: "[conversation+seq], [conversation+from_device+counter], [conversation+waits], *wants, fails" })
    .upgrade(markSealed);
  copy.version(4)
    .stores({
      entries: "[conversation+seq], [conversation+waits], *wants, fails",
      records: "[conversation+seq], [conversation+from_device+counter], [conversation+aims]",
    })
    .upgrade(moveRecords);
  copy.version(5).stores({ lost: "[conversation+from_user+client_id], [conversation+seq]", restores: "conversation" });
  copy.version(6).stores({}).upgrade(keepLowest);
  copy.version(7).stores({}).upgrade(takeAims);
  copy.version(8)
    .stores({ entries: "[conversation+seq], [conversation+waits], [conversation+line+seq], *wants, fails", pictures: "id" })
    .upgrade(markLines);
  copy.version(9).stores({ privates: "[kind+place], kind" });
  copy.version(10).stores({ names: "user" });
  copy.version(11)
    .stores({ entries: "[conversation+seq], [conversation+waits], [conversation+line+seq], [conversation+marks.pin.seq], *wants, fails" })
    .upgrade(openPins);
  copy.version(12)
    .stores({
      entries: "[conversation+seq], [conversation+waits], [conversation+line+seq], [conversation+marks.pin.seq], [conversation+calls+seq], [calls+timestamp], *wants, fails",
    })
    .upgrade((upgrade) => markCalls(upgrade, me));
  copy.version(13).stores({}).upgrade(openUnknown);
}
