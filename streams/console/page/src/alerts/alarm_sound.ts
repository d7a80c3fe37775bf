import { el } from "../dom";
import { say } from "../words/say";

const KEPT_AS = "clearway-sound";
const TONES_HZ = [880, 660, 880];
const TONE_S = 0.14;

/** The switch for the sound of grave alarms, off unless somebody has put it on here. */
export class AlarmSound {
  readonly button = el("button", { type: "button", class: "quiet-button", id: "sound" });
  private isOn = localStorage.getItem(KEPT_AS) === "on";
  private context: AudioContext | null = null;

  constructor() {
    this.button.addEventListener("click", () => {
      this.isOn = !this.isOn;
      localStorage.setItem(KEPT_AS, this.isOn ? "on" : "off");
      this.draw();
      this.ring(); // so that it is known how it sounds, and the browser allows it
    });
    this.draw();
  }

  /** Sound once, where it is on. */
  ring(): void {
    if (!this.isOn) return;
    this.context ??= new AudioContext();
    const { context } = this;
    void context.resume();
    TONES_HZ.forEach((frequency, number) => {
      const [tone, volume] = [context.createOscillator(), context.createGain()];
      const start = context.currentTime + number * TONE_S;
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.15, start);
      volume.gain.exponentialRampToValueAtTime(0.001, start + TONE_S);
      tone.connect(volume).connect(context.destination);
      tone.start(start);
      tone.stop(start + TONE_S);
    });
  }

  private draw(): void {
    this.button.setAttribute("aria-pressed", String(this.isOn));
    this.button.title = say("alarms.soundTitle");
    this.button.textContent = say(this.isOn ? "alarms.soundOn" : "alarms.soundOff");
  }
}
