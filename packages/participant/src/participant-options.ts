import type { Evm } from '@isoquorum/execution/evm/port';
import type { NetworkHost, Peer } from '@isoquorum/network/host';
import type { Clock } from '@isoquorum/platform/clock';
import type { KeyAgreement } from '@isoquorum/platform/key-agreement';
import type { Logger } from '@isoquorum/platform/logger';
import type { Random } from '@isoquorum/platform/random';
import type { Store } from '@isoquorum/platform/store';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { StatementSigner } from '@isoquorum/privacy/statement/signer';
import type { AccountVault } from './account/account-vault.ts';

/** Everything that a participant needs from where it runs. */
export interface ParticipantOptions {
  /** Not started yet; `dialPage` where there is WebRTC. */
  readonly host: NetworkHost & { dialPage?(peerId: string): Promise<Peer> };
  /** Holds chain, private state and payloads of one network. */
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly evm: Evm;
  readonly keyAgreement: KeyAgreement;
  /** Signs with the identity behind the host's PeerId. */
  readonly signer: StatementSigner;
  readonly vault: AccountVault;
  /** The genesis file as served by anybody. */
  readonly genesisJson: unknown;
  /** What it must hash to: from the invitation. */
  readonly genesisHash: Hash32;
  /** Gets this identity admitted, when it is not yet; runs before the host starts. */
  readonly admit?: () => Promise<void>;
  /** Names that people gave: validators by address, parties by enclave key in base64. */
  readonly labels?: {
    readonly validators: Readonly<Record<string, string>>;
    readonly parties: Readonly<Record<string, string>>;
  };
  /** The platform promised not to evict the store. */
  readonly persistent: boolean;
  /** The keys were made in this session. */
  readonly fresh: boolean;
}
