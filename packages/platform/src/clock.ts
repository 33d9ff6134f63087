/** Cancels a timer; calling it twice is harmless. */
export type CancelTimer = () => void;

/** Time as an input. Code below the compositions never asks for it (decision 8). */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
  /** Runs `callback` once after `delayMs` milliseconds, unless cancelled. */
  setTimer(delayMs: number, callback: () => void): CancelTimer;
}
