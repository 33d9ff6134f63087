import { peerIdToPublicKey } from '@isoquorum/primitives/node-key';
import { publicKeyToAddress } from '@isoquorum/primitives/secp256k1';
import type { Admission } from '../admission/admission.ts';
import { isBrowserPeerId } from '../admission/browser-list.ts';
import { networkError } from '../session/errors.ts';

/** Lists in memory; tests add and remove. */
export interface TestAdmission extends Admission {
  admit(peerId: string): void;
  dismiss(peerId: string): void;
  /** Sets the peers that the node dials by itself. */
  keep(peers: readonly { peerId: string; multiaddrs: readonly string[] }[]): void;
}

export function createTestAdmission(): TestAdmission {
  const admitted = new Set<string>();
  const listeners = new Set<() => void>();
  let kept: readonly { peerId: string; multiaddrs: readonly string[] }[] = [];
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    identify: (peerId) => {
      if (!admitted.has(peerId)) return undefined;
      if (isBrowserPeerId(peerId)) return { role: 'browser', name: 'page', address: undefined };
      return { role: 'node', name: undefined, address: publicKeyToAddress(peerIdToPublicKey(peerId).publicKey) };
    },
    staticPeers: () => kept,
    refresh: async () => {},
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    redeem: async () => {
      throw networkError('NOT_ADMITTED', 'no invitations here');
    },
    close: async () => {},
    admit: (peerId) => {
      admitted.add(peerId);
      changed();
    },
    dismiss: (peerId) => {
      admitted.delete(peerId);
      changed();
    },
    keep: (peers) => {
      kept = peers;
      changed();
    },
  };
}
