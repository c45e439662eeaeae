import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";

export const ui: Translation<typeof en>["ui"] = {
  close: "બંધ કરો",
  cancel: "રદ કરો",
  save: "સાચવો",
  copy: "કૉપિ કરો",
  copied: "કૉપિ થઈ ગયું",
  showPassword: "પાસવર્ડ બતાવો",
  hidePassword: "પાસવર્ડ છુપાવો",
  busy: "એક ક્ષણ…",
  loading: "લોડ થઈ રહ્યું છે",
  online: "ઑનલાઇન",
  away: "દૂર",
  offline: "ઑફલાઇન",
  more: "વધુ",
  qrCode: "{text} નો QR કોડ",
  cropTitle: "શું દેખાય તે પસંદ કરો",
  cropArea: "ચિત્રનો ભાગ. તેને ખેંચો અથવા તીર કીથી ખસેડો.",
  cropZoom: "ઝૂમ",
  cropUse: "આ ચિત્ર વાપરો",
  cropFailed: "આ ચિત્ર વાંચી શકાયું નથી. બીજું પસંદ કરો.",
  hostWord: "આ Hearth ચલાવનાર માટે, અર્થ જોવાનો શબ્દ:",
};
