import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { KnownFrame, ValidatorLinks } from './validator-links.ts';

/** How long a message waits before it is passed on in a network where everybody seems to hear everybody, milliseconds. */
const patienceMs = 250;

/**
 * Passes accepted messages of others on. Where all validators are connected, their authors have sent them to all: what is
 * passed on at once would nearly always be known already, and with many validators be most of the traffic. So it waits, and
 * is dropped when its height is over. A validator that is not connected to this node shows that links are missing: then at once.
 */
export interface MessageRelay {
  pass(frame: KnownFrame, height: number, validators: readonly Address[]): void;
  stop(): void;
}

interface Waiting {
  readonly frame: KnownFrame;
  readonly height: number;
  readonly validators: readonly Address[];
}

/** @param heightOf the height that is being decided now */
export function createMessageRelay(
  self: Address,
  links: ValidatorLinks,
  clock: Clock,
  heightOf: () => number,
): MessageRelay {
  const own = bytesToBareHex(self);
  let waiting: Waiting[] = [];
  let cancelTimer: CancelTimer | undefined;

  function isMesh(validators: readonly Address[]): boolean {
    const connected = links.connected();
    return validators.every((address) => {
      const key = bytesToBareHex(address);
      return key === own || connected.has(key);
    });
  }

  function flush(): void {
    cancelTimer = undefined;
    const due = waiting;
    waiting = [];
    const height = heightOf();
    for (const one of due) if (one.height >= height) links.send(one.frame, one.validators);
  }

  return {
    pass(frame, height, validators) {
      if (!isMesh(validators)) {
        links.send(frame, validators);
        return;
      }
      waiting.push({ frame, height, validators });
      cancelTimer ??= clock.setTimer(patienceMs, flush);
    },
    stop() {
      cancelTimer?.();
      waiting = [];
    },
  };
}
