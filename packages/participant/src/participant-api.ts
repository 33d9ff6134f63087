import type { ParticipantView } from './participant-view.ts';

/** One EIP-1193 request. */
export interface ProviderRequest {
  readonly method: string;
  readonly params?: readonly unknown[] | Readonly<Record<string, unknown>>;
}

/** Keys of the view that changed, with their new values. */
export type ViewPatch = Partial<ParticipantView>;

/**
 * The participant as a page's window sees it, whether it runs in the same thread, in the page's Worker over a MessagePort, or in
 * a test. Everything that a dapp may do goes through {@link request}; the view is what a person looks at.
 */
export interface ParticipantApi {
  /** The view now. */
  view(): ParticipantView;
  /** Tells of each change, soon after it happened; returns a function that stops it. */
  onView(listener: (patch: ViewPatch) => void): () => void;
  /**
   * EIP-1193, with Quorum's private arguments in `eth_sendTransaction`. `operationId` names the progress in `view().operations`.
   * Rejects with an error that has a numeric `code` (EIP-1193 or JSON-RPC) and `data.code`, the project's own.
   */
  request(request: ProviderRequest, operationId?: string): Promise<unknown>;
  /** Makes another account of this page, and gives its address. */
  createAccount(): Promise<string>;
  /** Chooses the validator whose manager is this page's home. */
  chooseHome(peerId: string): Promise<void>;
  /** Stops following, closes stores; the view's phase becomes `stopped`. */
  stop(): Promise<void>;
}
