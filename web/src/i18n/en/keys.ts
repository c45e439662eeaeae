// Words of a person's keys: making them, devices that come, the recovery key.
export const keys = {
  none: "Enter your password once, so that this device can make the keys for the end-to-end encryption that is on its way.",
  unlisted: "Enter your password once, so that this device gets the keys that your other devices have.",
  removed: "This device has no keys any more. Sign out and in again, and it gets new ones.",
  refused: "What this server shows of your keys cannot be right, so Hearth does not trust it and changes nothing. Tell the person who runs it: {verdict}",
  refusedNow: "What this server shows of your keys cannot be right, so nothing was changed. Tell the person who runs it.",
  broken: "This device could not use its keys. Close other tabs of Hearth, or restart the browser, and try again.",
  enter: "Enter password",
  title: "Keys for this device",
  text: "Your keys are made on this device, and only your password opens them. It never leaves the device, not even to the server.",
  make: "Make keys",
  later: "Later",
  made: "This device has its keys.",
  deviceUnknown: "a device",
  arrived: {
    one: "New device signed in: {names}. If that was not you, sign it out and change your password.",
    other: "{count} new devices signed in: {names}. If that was not you, sign them out and change your password.",
  },
  look: "Look at devices",
  wasMe: "That was me",
} as const;
