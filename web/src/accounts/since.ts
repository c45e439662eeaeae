// Since when devices are signed in, as exactly as it takes to tell those of one name apart.
import type { Device } from "../wire/contract.ts";

type Known = Pick<Device, "id" | "name" | "created_at">;

const STYLES: readonly Intl.DateTimeFormatOptions[] = [
  { dateStyle: "medium", timeStyle: "short" },
  { dateStyle: "medium", timeStyle: "medium" },
];
const DIGITS = 4;

const nameOf = ({ name }: Known): string => name.trim().toLowerCase();

/** By device, in a piece that no line breaks: to the minute; to the second where another one of that name began within it; and with the id's first digits within one second. */
export function describeSince(devices: readonly Known[], locale: string): ReadonlyMap<string, string> {
  const styles = STYLES.map((style) => new Intl.DateTimeFormat(locale, style));
  const said = new Map<string, string>();
  for (const device of devices) {
    const alike = devices.filter((other) => other.id !== device.id && nameOf(other) === nameOf(device));
    const ways = styles.map((style) => (one: Known) => style.format(new Date(one.created_at)).replaceAll(" ", "\u00a0"));
    const clear = ways.find((say) => alike.every((other) => say(other) !== say(device)));
    said.set(device.id, clear?.(device) ?? `${ways.at(-1)!(device)} · ${device.id.slice(0, DIGITS)}`);
  }
  return said;
}

/** Whether another one has the same name. */
export const hasNamesake = (device: Known, devices: readonly Known[]): boolean =>
  devices.some((other) => other.id !== device.id && nameOf(other) === nameOf(device));
