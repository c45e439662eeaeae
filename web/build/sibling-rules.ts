// Takes rules for whatever follows an element (`legend + *`) out of the style sheet: with one of them the browser works out
// the style of everything beside an element that comes or goes anew, which in a list of messages is all of them.
import type { Plugin } from "postcss";

/** What Bootstrap brings, and nothing here needs. */
const KNOWN = ["legend + *"];

export function dropSiblingRules(): Plugin {
  return {
    postcssPlugin: "sibling-rules",
    Rule(rule) {
      if (KNOWN.includes(rule.selector)) rule.remove();
      else if (rule.selectors.some((selector) => /[+~]\s*\*$/.test(selector))) {
        throw rule.error("name what follows: a rule for anything makes every insertion dear");
      }
    },
  };
}
