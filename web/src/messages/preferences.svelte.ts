// How writing works on this device. Kept here and not on the server: it depends on the keyboard one sits at.

const ENTER = "hearth.enter-sends";
const SOUND = "hearth.sound";

function read(key: string, otherwise: boolean): boolean {
  const stored = localStorage.getItem(key);
  return stored === null ? otherwise : stored === "yes";
}

class Preferences {
  /** Enter sends and Shift+Enter breaks the line, or the reverse. Without a real keyboard Enter breaks. */
  enterSends = $state(read(ENTER, matchMedia("(hover: hover) and (pointer: fine)").matches));
  hasSound = $state(read(SOUND, true));

  setEnterSends(value: boolean): void {
    this.enterSends = value;
    localStorage.setItem(ENTER, value ? "yes" : "no");
  }

  setSound(value: boolean): void {
    this.hasSound = value;
    localStorage.setItem(SOUND, value ? "yes" : "no");
  }
}

export const preferences = new Preferences();
