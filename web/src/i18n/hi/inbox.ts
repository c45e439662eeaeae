import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";

export const inbox: Translation<typeof en>["inbox"] = {
  search: "खोजें",
  searchLabel: "नाम से बातचीत खोजें",
  clearSearch: "खोज मिटाएँ",
  addFriend: "दोस्त जोड़ें",
  list: "बातचीतें",
  notes: "नोट्स",
  notesEmpty: "आपकी अपनी जगह",
  deletedAccount: "हटाया गया खाता",
  you: "आप:",
  draft: "मसौदा:",
  readOnly: "यहाँ कुछ नया नहीं लिखा जा सकता",
  nothingYet: "नमस्ते कहिए",
  newerMessage: "नए Hearth से लिखा संदेश",
  newMessage: "एक नया संदेश",
  unread: { one: "{count} अपठित संदेश", other: "{count} अपठित संदेश" },
  showAll: "सभी",
  showUnread: "अपठित",
  noneUnreadTitle: "सब पढ़ लिया",
  noneUnreadText: "आपके लिए कुछ बाक़ी नहीं है।",
  noneTitle: "इस नाम का यहाँ कोई नहीं",
  noneText: "सिर्फ़ बातचीतों के नाम खोजे जाते हैं। किसी नए व्यक्ति को दोस्त के रूप में जोड़ा जा सकता है।",
  addByName: "उपयोगकर्ता नाम खोजें",
  addByLink: "अपना लिंक साझा करें",
  addByCode: "अपना QR कोड दिखाएँ",
};
