import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";

export const inbox: Translation<typeof en>["inbox"] = {
  search: "શોધો",
  searchLabel: "નામથી વાતચીત શોધો",
  clearSearch: "શોધ ભૂંસો",
  addFriend: "મિત્ર ઉમેરો",
  list: "વાતચીતો",
  notes: "નોંધ",
  notesEmpty: "તમારી પોતાની જગ્યા",
  deletedAccount: "કાઢી નાખેલું ખાતું",
  you: "તમે:",
  draft: "મુસદ્દો:",
  readOnly: "અહીં કંઈ નવું લખી શકાતું નથી",
  nothingYet: "નમસ્તે કહો",
  newerMessage: "નવા Hearth થી લખેલો સંદેશ",
  newMessage: "એક નવો સંદેશ",
  unread: { one: "{count} ન વાંચેલો સંદેશ", other: "{count} ન વાંચેલા સંદેશા" },
  showAll: "બધી",
  showUnread: "ન વાંચેલી",
  noneUnreadTitle: "બધું વંચાઈ ગયું",
  noneUnreadText: "તમારા માટે કંઈ બાકી નથી.",
  noneTitle: "આ નામનું અહીં કોઈ નથી",
  noneText: "ફક્ત વાતચીતોનાં નામ શોધાય છે. નવી વ્યક્તિને મિત્ર તરીકે ઉમેરી શકાય છે.",
  addByName: "વપરાશકર્તા નામ શોધો",
  addByLink: "તમારી લિંક આપો",
  addByCode: "તમારો QR કોડ બતાવો",
};
