import { IsoquorumError } from './errors.ts';
import { bareHexToBytes, bytesToBareHex } from './hex.ts';
import { decompressPublicKey } from './secp256k1.ts';
import { concatBytes } from './hex.ts';

/** An enode URL cannot be read; `field` says which part. */
export type EnodeErrorCode = 'ENODE_INVALID';

/** A node's address: enode://<id>@<host>:<port>?discport=…&raftport=…&libp2p=… */
export interface Enode {
  /** 64 bytes: the public key's coordinates. */
  readonly nodeId: Uint8Array;
  /** IPv4, IPv6 (without brackets) or a DNS name, as written. */
  readonly host: string;
  /** TCP port of devp2p. */
  readonly port: number;
  /** UDP port; as `port` when absent. */
  readonly discoveryPort?: number;
  readonly raftPort?: number;
  /** TCP port of libp2p (ours); see {@link libp2pPortOf} for the default. */
  readonly libp2pPort?: number;
}

function invalid(field: string, message: string): never {
  throw new IsoquorumError('ENODE_INVALID', message, { field });
}

function parsePort(text: string | undefined, field: string, message: string): number {
  if (text === undefined || !/^\d{1,5}$/.test(text) || Number(text) > 65_535) return invalid(field, message);
  return Number(text);
}

function parseNodeId(text: string): Uint8Array {
  try {
    const nodeId = bareHexToBytes(text, 'nodeId');
    if (nodeId.length !== 64) invalid('nodeId', 'invalid public key (wrong length, want 128 hex chars)');
    decompressPublicKey(concatBytes(Uint8Array.of(4), nodeId));
    return nodeId;
  } catch {
    return invalid('nodeId', 'invalid public key (want 128 hex chars of a point on the curve)');
  }
}

function parseQuery(text: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const pair of text.split('&')) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    if (name !== '' && !query.has(name)) query.set(name, equals < 0 ? '' : pair.slice(equals + 1));
  }
  return query;
}

const shape = /^enode:\/\/([^@/?#]*)@(\[[0-9a-fA-F:.%]*\]|[^:/?#@]*):(\d+)\/?(?:\?([^#]*))?$/;

/** At most 1,024 characters; unknown query keys are ignored. Host names are not looked up. @throws ENODE_INVALID */
export function parseEnode(url: string): Enode {
  const text = url.length <= 1024 ? url.trim() : '';
  if (!text.startsWith('enode://')) invalid('scheme', 'invalid URL scheme, want "enode"');
  const match = shape.exec(text);
  if (match === null) return invalid('url', 'invalid enode URL, want enode://<id>@<host>:<port>');
  const [, id = '', bracketed = '', portText, queryText = ''] = match;
  const query = parseQuery(queryText);
  const optionalPort = (name: string): number | undefined => {
    const value = query.get(name);
    return value === undefined ? undefined : parsePort(value, name, `invalid ${name} in query`);
  };
  const nodeId = parseNodeId(id);
  const port = parsePort(portText, 'port', 'invalid port');
  const host = bracketed.replace(/^\[|\]$/g, '');
  const discoveryPort = optionalPort('discport');
  const raftPort = optionalPort('raftport');
  const libp2pPort = optionalPort('libp2p');
  if (host === '') invalid('host', raftPort === undefined ? 'invalid host' : 'empty hostname in raft url');
  return {
    nodeId,
    host,
    port,
    ...(discoveryPort === undefined ? {} : { discoveryPort }),
    ...(raftPort === undefined ? {} : { raftPort }),
    ...(libp2pPort === undefined ? {} : { libp2pPort }),
  };
}

/** The URL; `discport` only when it differs from the port, `raftport` and `libp2p` only when set. */
export function formatEnode(enode: Enode): string {
  const host = enode.host.includes(':') ? `[${enode.host}]` : enode.host;
  const query: string[] = [];
  if (enode.discoveryPort !== undefined && enode.discoveryPort !== enode.port)
    query.push(`discport=${enode.discoveryPort}`);
  if (enode.raftPort !== undefined) query.push(`raftport=${enode.raftPort}`);
  if (enode.libp2pPort !== undefined) query.push(`libp2p=${enode.libp2pPort}`);
  const suffix = query.length === 0 ? '' : `?${query.join('&')}`;
  return `enode://${bytesToBareHex(enode.nodeId)}@${host}:${enode.port}${suffix}`;
}

/** TCP port of libp2p: as named, else the enode's port + 1000 (architecture decision 9). */
export function libp2pPortOf(enode: Enode): number {
  return enode.libp2pPort ?? enode.port + 1000;
}
