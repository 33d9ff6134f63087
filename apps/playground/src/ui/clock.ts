import { type ReadonlySignal, signal } from '@preact/signals';

const now = signal(Date.now());

setInterval(() => {
  now.value = Date.now();
}, 1000);

/** The time in milliseconds, once a second, for ages on the page. */
export const nowMs: ReadonlySignal<number> = now;
