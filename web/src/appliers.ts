// The one table of what each entry of a user's log does to the local copy. A kind that is missing here fails the build.
import * as accounts from "./accounts/apply.ts";
import * as conversations from "./conversations/apply.ts";
import * as friends from "./friends/apply.ts";
import type { Replica } from "./replica/database.ts";
import type { LogEvents } from "./wire/contract.ts";

export const APPLIERS: { [Kind in keyof LogEvents]: (replica: Replica, payload: LogEvents[Kind]) => Promise<void> } = {
  "profile.changed": accounts.applyProfileChanged,
  "user.changed": accounts.applyUserChanged,
  "user.deleted": accounts.applyUserDeleted,
  "settings.changed": accounts.applySettingsChanged,
  "device.added": accounts.applyDevice,
  "device.renamed": accounts.applyDevice,
  "device.removed": accounts.applyDeviceRemoved,
  "friend.requested": friends.applyFriendRequested,
  "friend.request_closed": friends.applyRequestClosed,
  "friend.added": friends.applyFriendAdded,
  "friend.changed": friends.applyFriendChanged,
  "friend.removed": friends.applyFriendRemoved,
  "friend.blocked": friends.applyUserBlocked,
  "friend.unblocked": friends.applyUserUnblocked,
  "conversation.changed": conversations.applyConversationChanged,
};
