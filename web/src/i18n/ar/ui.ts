import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";
export const ui: Translation<typeof en>["ui"] = {
  close: "Close",
  cancel: "Cancel",
  save: "Save",
  copy: "Copy",
  copied: "Copied",
  showPassword: "Show password",
  hidePassword: "Hide password",
  busy: "One moment…",
  loading: "Loading",
  online: "Online",
  away: "Away",
  offline: "Offline",
  more: "More",
  qrCode: "QR code of {text}",
  cropTitle: "Choose what is seen",
  cropArea: "Part of the picture. Drag it, or move it with the arrow keys.",
  cropZoom: "Zoom",
  cropUse: "Use picture",
  cropFailed: "This picture cannot be read. Choose another one.",
};
