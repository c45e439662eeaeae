import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";

export const ui: Translation<typeof en>["ui"] = {
  close: "बंद करें",
  cancel: "रद्द करें",
  save: "सहेजें",
  copy: "कॉपी करें",
  copied: "कॉपी हो गया",
  showPassword: "पासवर्ड दिखाएँ",
  hidePassword: "पासवर्ड छिपाएँ",
  busy: "एक पल…",
  loading: "लोड हो रहा है",
  online: "ऑनलाइन",
  away: "दूर",
  offline: "ऑफ़लाइन",
  more: "और",
  qrCode: "{text} का QR कोड",
  cropTitle: "चुनें कि क्या दिखे",
  cropArea: "तस्वीर का हिस्सा। इसे खींचें या तीर वाली कुंजियों से खिसकाएँ।",
  cropZoom: "ज़ूम",
  cropUse: "यही तस्वीर लगाएँ",
  cropFailed: "यह तस्वीर पढ़ी नहीं जा सकी। कोई दूसरी चुनें।",
  hostWord: "इस Hearth को चलाने वाले के लिए, मतलब देखने का शब्द:",
};
