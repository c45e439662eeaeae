// Whether this device shows notifications, and how much they say. Kept here: the browser's leave is for this device alone.

const SHOWN = "hearth.notifies";
const WORDS = "hearth.notifies-words";

const isSupported = (): boolean => "Notification" in globalThis;
const isGranted = (): boolean => isSupported() && Notification.permission === "granted";

class Notifying {
  /** The person wants them, and the browser lets them be shown. */
  isOn = $state(isGranted() && localStorage.getItem(SHOWN) === "yes");
  /** The browser was told not to. */
  isRefused = $state(isSupported() && Notification.permission === "denied");
  showsWords = $state(localStorage.getItem(WORDS) !== "no");
  readonly isSupported = isSupported();

  /** To be called by something that the person pressed: the browser asks them, the first time. */
  async switchOn(): Promise<void> {
    const answer = await Notification.requestPermission();
    this.isRefused = answer === "denied";
    this.isOn = answer === "granted";
    if (this.isOn) localStorage.setItem(SHOWN, "yes");
  }

  switchOff(): void {
    this.isOn = false;
    localStorage.removeItem(SHOWN);
  }

  setWords(shows: boolean): void {
    this.showsWords = shows;
    localStorage.setItem(WORDS, shows ? "yes" : "no");
  }
}

export const notifying = new Notifying();
