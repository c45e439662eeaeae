// The soft sound of a new message: two notes of a wooden bell, made here, no file. Several tabs make it once.
import { onceAmongTabs } from "../lib/once.ts";

const NOTES = [
  { at: 0, pitch: 659.3 },
  { at: 0.11, pitch: 880 },
];
const LOUDNESS = 0.07;
const HELD = 1500;
/** Tabs that show the conversation come first and stay silent; the others wait this long. */
const PATIENCE = 150;

let audio: AudioContext | undefined;

function ring(): void {
  audio ??= new AudioContext();
  void audio.resume().catch(() => undefined);
  const start = audio.currentTime + 0.02;
  for (const { at, pitch } of NOTES) {
    const tone = new OscillatorNode(audio, { type: "sine", frequency: pitch });
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(0, start + at);
    volume.gain.linearRampToValueAtTime(LOUDNESS, start + at + 0.012);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + at + 0.5);
    tone.connect(volume).connect(audio.destination);
    tone.start(start + at);
    tone.stop(start + at + 0.55);
  }
}

/** Takes the right to sound for one message, for all tabs; with `isSilent` only so that no other tab sounds. */
export async function soundOnce(client_id: string, isSilent: boolean): Promise<void> {
  if (!isSilent) await new Promise((resolve) => setTimeout(resolve, PATIENCE));
  await onceAmongTabs(`sound ${client_id}`, HELD, isSilent ? () => undefined : ring);
}
