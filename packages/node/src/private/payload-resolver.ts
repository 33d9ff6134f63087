import { readExecutionHash } from '@isoquorum/execution/transition/execution-hash';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey, EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToBareHex, isZeroBytes } from '@isoquorum/primitives/hex';
import type { PayloadResolution } from '@isoquorum/execution/transition/types';
import { createPayloadQuestions, type Urgency } from './payload-questions.ts';

/** What a manager answers when asked for a payload; see `Q2tClient.receive` of rpc. */
export interface PayloadAnswer {
  readonly payload: Uint8Array;
  readonly privacyFlag: number;
  /** Encrypted payload hashes of creations; see `PayloadMetadata` of execution. */
  readonly affectedContractTransactions?: readonly Uint8Array[];
  /** Base64 of the Merkle root; empty unless flag 3. */
  readonly execHash?: string;
  readonly managedParties?: readonly EnclaveKey[];
}

/** What was sealed and sent from here under a digest, opened (contract extension). */
export interface SealedHere {
  readonly content: Uint8Array;
  /** Base64. */
  readonly senderKey: string;
}

/** Where payloads come from: a node's manager, a recorded file. `undefined`: not a party. Throws: cannot say now. */
export interface PayloadSource {
  receive(digest: EncryptedPayloadHash): Promise<PayloadAnswer | undefined>;
  /** Absent: nothing was ever sealed here. */
  sealedHere?(digest: EncryptedPayloadHash): Promise<SealedHere | undefined>;
}

/** No manager: a stranger to every private transaction. */
export const noPayloads: PayloadSource = { receive: () => Promise.resolve(undefined) };

/** A digest that could not be asked for, in bare hex, and why. */
export interface Unresolved {
  readonly digest: string;
  readonly reason: string;
}

/** Answers of one round of questions: what is known now, and what could not be asked. */
export interface Resolved {
  readonly resolutions: ReadonlyMap<string, PayloadResolution>;
  readonly unresolved: readonly Unresolved[];
}

/**
 * Asks for payloads and keeps what was found. "Not a party" is never kept: it may change when a payload comes late.
 * Several blocks may ask at once; one question per digest is under way.
 */
export interface PayloadResolver {
  /** For what cannot go on without: it is asked for before anything that waits ahead of need. */
  resolve(digests: readonly EncryptedPayloadHash[]): Promise<Resolved>;
  /**
   * For what would be good to know before it is needed. What does not fit into {@link PayloadResolverOptions.aheadMax} is unresolved and not
   * asked for, nor is it after a question that failed; `resolve` asks for it when its block comes.
   */
  resolveAhead(digests: readonly EncryptedPayloadHash[]): Promise<Resolved>;
  /** What was sealed here under a digest; `sealed` is undefined when nothing was. Not kept. */
  sealedHere(
    digest: EncryptedPayloadHash,
  ): Promise<
    | { readonly status: 'resolved'; readonly sealed: SealedHere | undefined }
    | ({ readonly status: 'unresolved' } & Unresolved)
  >;
  /** What is known of a digest may be more by now: it is asked for again. */
  forget(digest: EncryptedPayloadHash): void;
}

export interface PayloadResolverOptions {
  readonly source: PayloadSource;
  /** Bytes of payloads kept; 32 MiB unless told. */
  readonly cacheBytesMax?: number;
  /** Questions under way at once; 16 unless told. */
  readonly concurrency?: number;
  /**
   * Answers that are waited for ahead of need at once; 1,024 unless told. Peers decide how many there are, and with each waits a marker of 64 KiB at
   * most where a chain sets no other limit: 64 MiB.
   */
  readonly aheadMax?: number;
}

const flags = [0, 1, 2, 3] as const;

function toResolution(answer: PayloadAnswer | undefined): PayloadResolution {
  if (answer === undefined) return { type: 'notParty' };
  const privacyFlag = flags.find((flag) => flag === answer.privacyFlag);
  if (privacyFlag === undefined) {
    const text = `a payload with the unknown privacy flag ${answer.privacyFlag}`;
    throw new IsoquorumError('PRIVACY_FLAG_UNKNOWN', text, { privacyFlag: answer.privacyFlag }, 'RETRY');
  }
  const metadata = {
    privacyFlag,
    affectedContracts: answer.affectedContractTransactions ?? [],
    executionHash: readExecutionHash(answer.execHash ?? ''),
    managedParties: (answer.managedParties ?? []).map(bytesToBase64),
  };
  return { type: 'payload', payload: answer.payload, metadata };
}

export function createPayloadResolver(options: PayloadResolverOptions): PayloadResolver {
  const cacheBytesMax = options.cacheBytesMax ?? 32 * 1024 * 1024;
  const aheadMax = options.aheadMax ?? 1_024;
  const questions = createPayloadQuestions(
    async (digest) => toResolution(await options.source.receive(digest)),
    options.concurrency ?? 16,
  );
  const kept = new Map<string, PayloadResolution & { type: 'payload' }>();
  let keptBytes = 0;
  let ahead = 0;

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

  async function ask(digest: EncryptedPayloadHash, text: string, urgency: Urgency): Promise<PayloadResolution> {
    if (urgency === 'ahead' && ahead >= aheadMax) throw new Error(`${ahead} questions ahead of need wait already`);
    if (urgency === 'ahead') ahead++;
    try {
      const resolution = await questions.ask(digest, text, urgency);
      keep(text, resolution);
      return resolution;
    } finally {
      if (urgency === 'ahead') ahead--;
    }
  }

  async function resolveAll(digests: readonly EncryptedPayloadHash[], urgency: Urgency): Promise<Resolved> {
    const resolutions = new Map<string, PayloadResolution>();
    const unresolved: Unresolved[] = [];
    const answers: Promise<void>[] = [];
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
      answers.push(
        ask(digest, text, urgency).then(
          (resolution) => void resolutions.set(text, resolution),
          (error: unknown) => {
            unresolved.push({ digest: text, reason: error instanceof Error ? error.message : String(error) });
          },
        ),
      );
    }
    await Promise.all(answers);
    return { resolutions, unresolved };
  }

  return {
    resolve: (digests) => resolveAll(digests, 'needed'),
    resolveAhead: (digests) => resolveAll(digests, 'ahead'),
    async sealedHere(digest) {
      try {
        return { status: 'resolved', sealed: await options.source.sealedHere?.(digest) };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return { status: 'unresolved', digest: bytesToBareHex(digest), reason };
      }
    },
    forget(digest) {
      const text = bytesToBareHex(digest);
      const known = kept.get(text);
      if (known === undefined) return;
      kept.delete(text);
      keptBytes -= known.payload.length + 256;
    },
  };
}
