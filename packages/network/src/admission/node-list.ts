import type { Address } from '@isoquorum/primitives/bytes';
import { type Enode, libp2pPortOf, parseEnode } from '@isoquorum/primitives/enode';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { publicKeyToPeerId } from '@isoquorum/primitives/node-key';
import { publicKeyToAddress } from '@isoquorum/primitives/secp256k1';

/** A list of nodes is no JSON array of texts; `field` names the file. */
export type NodeListErrorCode = 'NODE_LIST_INVALID';

/** A node of `static-nodes.json`, `permissioned-nodes.json` or `disallowed-nodes.json`. */
export interface ListedNode {
  readonly enode: Enode;
  readonly peerId: string;
  readonly address: Address;
  /** Where its libp2p listens: TCP at the enode's host. */
  readonly multiaddr: string;
}

const maxNodes = 4096;

/** A node as the network knows it. @throws ENODE_INVALID */
export function parseListedNode(url: string): ListedNode {
  const enode = parseEnode(url);
  const peerId = publicKeyToPeerId(enode.nodeId);
  const address = publicKeyToAddress(enode.nodeId);
  const multiaddr = `${hostToMultiaddr(enode.host)}/tcp/${libp2pPortOf(enode)}/p2p/${peerId}`;
  return { enode, peerId, address, multiaddr };
}

/** `/ip4/…`, `/ip6/…` or `/dns/…` of a host as enode URLs and options write it. */
export function hostToMultiaddr(host: string): string {
  if (host.includes(':')) return `/ip6/${host}`;
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) ? `/ip4/${host}` : `/dns/${host}`;
}

/**
 * A JSON array of enode URLs, as GoQuorum's. Blank entries and entries that are no enode URL are left out and named in `skipped`.
 * @throws NODE_LIST_INVALID
 */
export function parseNodeList(
  text: string,
  field: string,
): { readonly nodes: readonly ListedNode[]; readonly skipped: readonly string[] } {
  const json = parseArray(text, field);
  if (json.length > maxNodes) fail(field, `more than ${maxNodes} entries`);
  const nodes = new Map<string, ListedNode>();
  const skipped: string[] = [];
  for (const entry of json) {
    if (typeof entry !== 'string') fail(field, 'an entry is no text');
    if (entry.trim() === '') continue;
    try {
      const node = parseListedNode(entry);
      nodes.set(node.peerId, node);
    } catch (error) {
      if (!(error instanceof IsoquorumError)) throw error;
      skipped.push(entry);
    }
  }
  return { nodes: [...nodes.values()], skipped };
}

function parseArray(text: string, field: string): readonly unknown[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    fail(field, 'not JSON');
  }
  if (!Array.isArray(json)) fail(field, 'not an array');
  return json;
}

function fail(field: string, message: string): never {
  throw new IsoquorumError('NODE_LIST_INVALID', `${field}: ${message}`, { field }, 'STOP');
}
