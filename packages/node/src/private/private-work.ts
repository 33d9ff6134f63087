import type { ApplyPrivateInput, PayloadResolution, TransitionOutcome } from '@isoquorum/execution/transition/types';
import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { bareHexToBytes, bytesToBareHex } from '@isoquorum/primitives/hex';
import type { PayloadResolver, Unresolved } from './payload-resolver.ts';
import { EMPTY_PRIVATE_STATE, type PrivateGroups } from './private-groups.ts';

/** What one run of a private transition is given of the manager's knowledge. */
export type PrivateKnowledge = Pick<ApplyPrivateInput, 'resolutions' | 'isOwn' | 'extensionProofs'>;

export type PrivateOutcome<T> =
  | {
      readonly status: 'done';
      readonly result: T;
      /** Digests that counted as "not a party" in this private state. */
      readonly notParty: readonly EncryptedPayloadHash[];
      /** Digests whose payload was there and is this state's. */
      readonly resolved: readonly EncryptedPayloadHash[];
    }
  /** The manager cannot be asked for some of it now. */
  | { readonly status: 'waiting'; readonly unresolved: readonly Unresolved[] }
  /** Part of a state is missing: nothing that a manager could help with. */
  | { readonly status: 'missing' };

export interface PrivateWorkOptions {
  readonly resolver: PayloadResolver;
  /** Absent: one private state. */
  readonly groups: PrivateGroups | undefined;
}

/** Runs a transition again and again until all that it asks the manager for is told (decision 3). */
export type RunPrivately = <T>(
  psi: string,
  /** What is known to be needed beforehand, asked for in one go. */
  digests: readonly EncryptedPayloadHash[],
  run: (known: PrivateKnowledge) => Promise<TransitionOutcome<T>>,
  /** Whether a digest (bare hex) that cannot be asked for counts as "not a party"; unless told none does. */
  mayLack?: (digest: string) => boolean,
) => Promise<PrivateOutcome<T>>;

/** Answers "not a party" to everything. */
class NobodysResolutions extends Map<string, PayloadResolution> {
  override get(): PayloadResolution {
    return { type: 'notParty' };
  }
}

export function createPrivateWork({ resolver, groups }: PrivateWorkOptions): RunPrivately {
  async function runAsNobody<T>(
    run: (known: PrivateKnowledge) => Promise<TransitionOutcome<T>>,
  ): Promise<PrivateOutcome<T>> {
    const outcome = await run({ resolutions: new NobodysResolutions(), isOwn: () => false });
    if (outcome.status === 'needs') return { status: 'missing' };
    return { status: 'done', result: outcome.result, notParty: [], resolved: [] };
  }

  return async (psi, digests, run, mayLack = () => false) => {
    if (groups !== undefined && psi === EMPTY_PRIVATE_STATE) return runAsNobody(run);
    const isOwn = groups && ((keys: readonly string[]): boolean => groups.includes(psi, keys));
    const resolutions = new Map<string, PayloadResolution>();
    const proofs = new Map<string, Uint8Array | undefined>();
    let wanted: readonly EncryptedPayloadHash[] = digests;
    for (;;) {
      if (wanted.length > 0) {
        const answer = await resolver.resolve(wanted);
        const unresolved = answer.unresolved.filter(({ digest }) => !mayLack(digest));
        if (unresolved.length > 0) return { status: 'waiting', unresolved };
        for (const { digest } of answer.unresolved) resolutions.set(digest, { type: 'notParty' });
        for (const [text, resolution] of answer.resolutions) resolutions.set(text, resolution);
      }
      const outcome = await run({ resolutions, isOwn, extensionProofs: proofs });
      if (outcome.status === 'done') {
        const notParty: EncryptedPayloadHash[] = [];
        const resolved: EncryptedPayloadHash[] = [];
        for (const [text, resolution] of resolutions) {
          const isHere = resolution.type === 'payload' && (isOwn?.(resolution.metadata?.managedParties ?? []) ?? true);
          (isHere ? resolved : notParty).push(bareHexToBytes(text));
        }
        return { status: 'done', result: outcome.result, notParty, resolved };
      }
      wanted = outcome.needs.flatMap((need) => (need.type === 'payload' ? need.digests : []));
      const uuids = outcome.needs.flatMap((need) => (need.type === 'extension' ? need.uuids : []));
      if (wanted.length + uuids.length === 0) return { status: 'missing' };
      for (const uuid of uuids) {
        const answer = await resolver.sealedHere(uuid);
        if (answer.status === 'unresolved') return { status: 'waiting', unresolved: [answer] };
        const { sealed } = answer;
        const isMine = sealed !== undefined && (groups === undefined || groups.psiOf(sealed.senderKey) === psi);
        proofs.set(bytesToBareHex(uuid), isMine ? sealed.content : undefined);
      }
    }
  };
}
