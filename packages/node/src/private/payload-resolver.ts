import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { bytesToBareHex, isZeroBytes } from '@isoquorum/primitives/hex';
import type { PayloadResolution } from '@isoquorum/execution/transition/types';

/** What a manager answers when asked for a payload; see `Q2tClient.receive` of rpc. */
export interface PayloadAnswer {
  readonly payload: Uint8Array;
  readonly privacyFlag: number;
}

/** Where payloads come from: a node's manager, a recorded file. `undefined`: not a party. Throws: cannot say now. */
export interface PayloadSource {
  receive(digest: EncryptedPayloadHash): Promise<PayloadAnswer | undefined>;
}

/** No manager: a stranger to every private transaction. */
export const noPayloads: PayloadSource = { receive: () => Promise.resolve(undefined) };

/** Answers of one round of questions: what is known now, and what could not be asked. */
export interface Resolved {
  readonly resolutions: ReadonlyMap<string, PayloadResolution>;
  readonly unresolved: readonly { readonly digest: string; readonly reason: string }[];
}

/**
 * Asks for payloads and keeps what was found. "Not a party" is never kept: it may change when a payload comes late.
 * Several blocks may ask at once; one question per digest is under way.
 */
export interface PayloadResolver {
  resolve(digests: readonly EncryptedPayloadHash[]): Promise<Resolved>;
  /** Asks ahead of need, silently. */
  prefetch(digests: readonly EncryptedPayloadHash[]): void;
}

export interface PayloadResolverOptions {
  readonly source: PayloadSource;
  /** Bytes of payloads kept; 32 MiB unless told. */
  readonly cacheBytesMax?: number;
  /** Questions under way at once; 16 unless told. */
  readonly concurrency?: number;
}

function toResolution(answer: PayloadAnswer | undefined): PayloadResolution {
  if (answer === undefined) return { type: 'notParty' };
  return { type: 'payload', payload: answer.payload };
}

export function createPayloadResolver(options: PayloadResolverOptions): PayloadResolver {
  const cacheBytesMax = options.cacheBytesMax ?? 32 * 1024 * 1024;
  const concurrency = options.concurrency ?? 16;
  const kept = new Map<string, PayloadResolution & { type: 'payload' }>();
  const underway = new Map<string, Promise<PayloadResolution>>();
  const waiting: (() => void)[] = [];
  let keptBytes = 0;
  let running = 0;

  function keep(text: string, resolution: PayloadResolution): void {
    if (resolution.type !== 'payload' || kept.has(text)) return;
    kept.set(text, resolution);
    keptBytes += resolution.payload.length + 256;
    while (keptBytes > cacheBytesMax) {
      const oldest = kept.entries().next().value;
      if (oldest === undefined) break;
      kept.delete(oldest[0]);
      keptBytes -= oldest[1].payload.length + 256;
    }
  }

  async function ask(digest: EncryptedPayloadHash): Promise<PayloadResolution> {
    if (running >= concurrency) await new Promise<void>((resolve) => waiting.push(resolve));
    running++;
    try {
      return toResolution(await options.source.receive(digest));
    } finally {
      running--;
      waiting.shift()?.();
    }
  }

  function question(digest: EncryptedPayloadHash, text: string): Promise<PayloadResolution> {
    let asked = underway.get(text);
    if (asked === undefined) {
      asked = ask(digest).finally(() => underway.delete(text));
      asked.then(
        (resolution) => keep(text, resolution),
        () => undefined,
      );
      underway.set(text, asked);
    }
    return asked;
  }

  async function resolve(digests: readonly EncryptedPayloadHash[]): Promise<Resolved> {
    const resolutions = new Map<string, PayloadResolution>();
    const unresolved: { digest: string; reason: string }[] = [];
    const questions: Promise<void>[] = [];
    const asked = new Set<string>();
    for (const digest of digests) {
      const text = bytesToBareHex(digest);
      if (asked.has(text)) continue;
      asked.add(text);
      const known = kept.get(text);
      if (known !== undefined || isZeroBytes(digest)) {
        resolutions.set(text, known ?? { type: 'notParty' });
        continue;
      }
      questions.push(
        question(digest, text).then(
          (resolution) => void resolutions.set(text, resolution),
          (error: unknown) => {
            unresolved.push({ digest: text, reason: error instanceof Error ? error.message : String(error) });
          },
        ),
      );
    }
    await Promise.all(questions);
    return { resolutions, unresolved };
  }

  return {
    resolve,
    prefetch(digests) {
      void resolve(digests);
    },
  };
}
