/** One node in `network.json` (interfaces.md 2). */
export interface NetworkNode {
  readonly name: string;
  readonly pid: number;
  readonly http: string;
  readonly ws: string;
  readonly multiaddrs: readonly string[];
  readonly enode: string;
  readonly validator: string;
  readonly manager: string;
}

/** One transaction manager in `network.json`. */
export interface NetworkManager {
  readonly name: string;
  readonly pid: number;
  readonly q2t: string;
  readonly p2p: string;
  readonly thirdParty: string;
  readonly publicKeys: readonly string[];
}

/** A development account; its key is in the file because it is for development only. */
export interface DevelopmentAccount {
  readonly address: string;
  readonly privateKey: string;
}

/** The file that `isoquorum dev` writes before it says that it is ready; paths are relative to it. */
export interface NetworkJson {
  readonly chainId: number;
  readonly consensus: string;
  readonly genesis: string;
  readonly nodes: readonly NetworkNode[];
  readonly managers: readonly NetworkManager[];
  readonly accounts: readonly DevelopmentAccount[];
  readonly playground?: string;
}
