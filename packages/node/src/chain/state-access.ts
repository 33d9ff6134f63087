import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { Header } from '@isoquorum/primitives/header';
import type { StateDatabase } from '@isoquorum/execution/state/database';

/** The two states after a block, as execution's readers and `callContract` take them. */
export interface StateView {
  readonly header: Header;
  readonly hash: Hash32;
  readonly publicRoot: Hash32;
  /** Root of the named private state after the same block. */
  readonly privateRoot: Hash32;
  /** Root of the extra data of the private state's accounts (privacy enhancements). */
  readonly privateExtraRoot: Hash32;
}

export interface StateAccess {
  /** Tries and codes of both states; what execution's readers and transitions take. */
  readonly database: StateDatabase;
  /**
   * @throws UNKNOWN_BLOCK; PRIVATE_STATE_BEHIND (fields psi, privateNumber, blockNumber) when the private head has not reached it:
   * a private read beyond its head is an error, never an old answer (decision 2)
   */
  at(blockHash: Hash32, psi: string): StateView;
}
