import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";

export const notifications: Translation<typeof en>["notifications"] = {
  title: "सूचनाएँ",
  here: "इस डिवाइस पर",
  show: "सूचनाएँ दिखाएँ",
  showHint: "जब कुछ आए और Hearth ऐसे टैब या विंडो में खुला हो जिसे आप नहीं देख रहे।",
  unsupported: "यह ब्राउज़र सूचनाएँ नहीं दिखा सकता।",
  refused: "यह ब्राउज़र इसकी अनुमति नहीं देता। इसकी सेटिंग में इस पते के लिए सूचनाओं की अनुमति दें, फिर यहाँ चालू करें।",
  words: "लिखी हुई बात के साथ",
  wordsHint: "बंद होने पर वे केवल बताती हैं कि कुछ आया है, और किससे।",
  quiet: "परेशान न करें",
  quietText: "आपके किसी भी डिवाइस पर न आवाज़, न सूचना। संदेश आते रहते हैं और गिने जाते हैं।",
  quietHour: "1 घंटे के लिए",
  quietMorning: "सुबह 8 बजे तक",
  quietForGood: "जब तक मैं बंद न करूँ",
  quietNow: "जब तक आप बंद न करें, आपको परेशान नहीं किया जाएगा।",
  quietUntil: "{at} तक आपको परेशान नहीं किया जाएगा।",
  quietEnd: "बंद करें",
  levels: "मुझे बताएँ",
  all: "सभी संदेश",
  mentions: "मेरा ज़िक्र करने वाले संदेश",
  none: "कुछ नहीं",
};
