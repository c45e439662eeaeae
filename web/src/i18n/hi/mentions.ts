import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";

export const mentions: Translation<typeof en>["mentions"] = {
  all: "यहाँ सब लोग",
  offer: "जिनका ज़िक्र किया जा सकता है",
  offered: { one: "{count} सुझाव, Enter से चुनें", other: "{count} सुझाव, तीर कुंजियों और Enter से चुनें" },
  unread: { one: "{count} अपठित संदेश में आपका ज़िक्र है", other: "{count} अपठित संदेशों में आपका ज़िक्र है" },
  next: { one: "आपके ज़िक्र वाले अपठित संदेश पर जाएँ", other: "आपके ज़िक्र वाले {count} संदेशों में से अगले पर जाएँ" },
  title: "ज़िक्र",
  none: "अभी तक किसी ने आपका ज़िक्र नहीं किया",
  noneText: "जब किसी समूह में कोई @{username} या @all लिखेगा, वह आपको यहाँ मिलेगा।",
  ofYou: "आपका ज़िक्र है",
  ofAll: "सबका ज़िक्र है",
};
