/** Names and addresses that the page's server tells; conveniences, nothing is trusted because of them. */
export interface NetworkLabels {
  /** Names of validators by `0x…` address. */
  readonly validators: Readonly<Record<string, string>>;
  /** Names of node parties by enclave key in base64. */
  readonly parties: Readonly<Record<string, string>>;
  /** WebSocket multiaddrs with PeerIds. */
  readonly multiaddrs: readonly string[];
}

interface NetworkDocument {
  readonly nodes?: readonly {
    readonly name?: unknown;
    readonly validator?: unknown;
    readonly manager?: unknown;
    readonly multiaddrs?: unknown;
  }[];
  readonly managers?: readonly { readonly name?: unknown; readonly publicKeys?: unknown }[];
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

/** Reads `/network.json`; whatever is missing or odd is left out. */
export function readNetworkLabels(json: unknown): NetworkLabels {
  const { nodes = [], managers = [] } = (typeof json === 'object' && json !== null ? json : {}) as NetworkDocument;
  const validators: Record<string, string> = {};
  const parties: Record<string, string> = {};
  const multiaddrs: string[] = [];
  for (const node of Array.isArray(nodes) ? nodes : []) {
    if (typeof node?.name !== 'string') continue;
    if (typeof node.validator === 'string') validators[node.validator.toLowerCase()] = node.name;
    multiaddrs.push(...texts(node.multiaddrs).filter((multiaddr) => multiaddr.includes('/ws')));
    const manager = (Array.isArray(managers) ? managers : []).find((candidate) => candidate?.name === node.manager);
    for (const key of texts(manager?.publicKeys)) parties[key] = node.name;
  }
  return { validators, parties, multiaddrs };
}

/** Addresses of known validators, newer ones of the same PeerIds in place of old ones; at most `most` validators. */
export function chooseValidators(known: readonly string[], served: readonly string[], most: number): readonly string[] {
  const peerOf = (multiaddr: string): string => multiaddr.slice(multiaddr.lastIndexOf('/p2p/') + 5);
  const peers = [...new Set(known.map(peerOf))].slice(0, most);
  return peers.flatMap((peer) => {
    const fresh = served.filter((multiaddr) => peerOf(multiaddr) === peer);
    return fresh.length > 0 ? fresh : known.filter((multiaddr) => peerOf(multiaddr) === peer);
  });
}
