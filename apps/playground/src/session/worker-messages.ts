/** What the window gives the Worker to begin with; two ports travel with it. */
export interface WorkerStart {
  /** The window's libp2p host. */
  readonly hostPort: MessagePort;
  /** The participant is served here. */
  readonly apiPort: MessagePort;
  readonly genesisJson: unknown;
  readonly genesisHash: Uint8Array;
  /** Text of an invitation to redeem first. */
  readonly invitation: string | undefined;
  /** This network admitted this browser before, so that a used invitation is no obstacle. */
  readonly isMember: boolean;
  readonly multiaddrs: readonly string[];
  readonly labels: {
    readonly validators: Readonly<Record<string, string>>;
    readonly parties: Readonly<Record<string, string>>;
  };
  readonly persistent: boolean;
  readonly fresh: boolean;
}

/** The Worker could not begin. */
export interface WorkerFailure {
  readonly type: 'failure';
  readonly problem: {
    readonly code: string;
    readonly message: string;
    readonly advice: string;
    readonly fields: Readonly<Record<string, unknown>>;
  };
}
