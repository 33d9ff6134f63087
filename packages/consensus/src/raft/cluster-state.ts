import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { encodeRlp, numberToRlp, type RlpItem } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import { raftIdMax } from './check-message.ts';

/** Bytes are no address or snapshot of GoQuorum's Raft. */
export type ClusterStateErrorCode = 'RAFT_ADDRESS_INVALID';

/** How a member is reached, in GoQuorum's words (goquorum.md 8.5). */
export interface RaftAddress {
  readonly raftId: number;
  /** 64 bytes: the enode id. */
  readonly nodeId: Uint8Array;
  /** An IP address or a DNS name, as in the enode URL. */
  readonly host: string;
  readonly p2pPort: number;
  readonly raftPort: number;
}

/** What GoQuorum keeps in a Raft snapshot: the chain itself comes from peers, up to `headHash`. */
export interface ClusterState {
  /** Ascending by raft id. */
  readonly members: readonly RaftAddress[];
  /** Ids that were removed: they are never given again. */
  readonly removed: readonly number[];
  readonly headHash: Hash32;
}

const membersMax = 4096;
const ipv4Prefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** The 16 bytes of an IPv4 address; undefined for names and for IPv6, which the original does not take in an enode of its own. */
function ipBytes(host: string): Uint8Array | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host);
  const parts = match?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return Uint8Array.of(...ipv4Prefix, ...parts);
}

export function isIpAddress(host: string): boolean {
  return ipBytes(host) !== undefined;
}

function addressItem(address: RaftAddress, isNamed: boolean): RlpItem {
  const { raftId, nodeId, host, p2pPort, raftPort } = address;
  const ip = isNamed ? new Uint8Array(0) : (ipBytes(host) ?? new Uint8Array(0));
  const item: RlpItem[] = [numberToRlp(raftId), nodeId, ip, numberToRlp(p2pPort), numberToRlp(raftPort)];
  if (isNamed) item.push(utf8ToBytes(host));
  return item;
}

/** rlp[raftId, nodeId, ip(16), p2pPort, raftPort], with the host name behind it (and no ip) where there is one. */
export function encodeRaftAddress(address: RaftAddress): Uint8Array {
  return encodeRlp(addressItem(address, !isIpAddress(address.host)));
}

function readPort(reader: RlpReader, field: string): number {
  const port = reader.readNumber(field);
  return port > 0xffff ? reader.fail('RLP_INTEGER_INVALID', 'no port', field) : port;
}

function readAddress(reader: RlpReader): RaftAddress {
  const fields = reader.readList('address');
  const raftId = fields.readNumber('raftId');
  if (raftId < 1 || raftId > raftIdMax) fields.fail('RLP_INTEGER_INVALID', 'no raft id', 'raftId');
  const nodeId = fields.readFixed(64, 'nodeId').slice();
  const ip = fields.readBytes('ip');
  const p2pPort = readPort(fields, 'p2pPort');
  const raftPort = readPort(fields, 'raftPort');
  const name = fields.hasMore ? bytesToUtf8(fields.readBytes('hostname'), 'hostname') : '';
  fields.end('address');
  if (name.length > 255) fields.fail('RLP_LENGTH_MISMATCH', 'a long name', 'hostname');
  const isMapped = ip.length === 16 && ipv4Prefix.every((byte, index) => ip[index] === byte);
  const host = name === '' && isMapped ? ip.slice(12).join('.') : name;
  if (host === '') fields.fail('RLP_LENGTH_MISMATCH', 'neither name nor IPv4 address', 'ip');
  return { raftId, nodeId, host, p2pPort, raftPort };
}

function decode<T>(bytes: Uint8Array, read: (reader: RlpReader) => T): T {
  try {
    const reader = new RlpReader(bytes);
    const value = read(reader);
    reader.end('raft');
    return value;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IsoquorumError('RAFT_ADDRESS_INVALID', `no Raft address or snapshot: ${reason}`, { reason }, 'REJECT', {
      cause,
    });
  }
}

/** @throws RAFT_ADDRESS_INVALID */
export function decodeRaftAddress(bytes: Uint8Array): RaftAddress {
  return decode(bytes, readAddress);
}

/** rlp[[address…], [removed id…], head hash]; host names for all as soon as one member has one. */
export function encodeClusterState({ members, removed, headHash }: ClusterState): Uint8Array {
  const isNamed = members.some(({ host }) => !isIpAddress(host));
  const sorted = members.toSorted((left, right) => left.raftId - right.raftId);
  return encodeRlp([sorted.map((address) => addressItem(address, isNamed)), removed.map(numberToRlp), headHash]);
}

/** @throws RAFT_ADDRESS_INVALID */
export function decodeClusterState(bytes: Uint8Array): ClusterState {
  return decode(bytes, (reader) => {
    const fields = reader.readList('snapshot');
    const list = fields.readList('members');
    const members: RaftAddress[] = [];
    while (list.hasMore && members.length < membersMax) members.push(readAddress(list));
    list.end('members');
    const gone = fields.readList('removed');
    const removed: number[] = [];
    while (gone.hasMore && removed.length <= raftIdMax) removed.push(gone.readNumber('removed'));
    gone.end('removed');
    const headHash = fields.readFixed(32, 'headHash').slice();
    fields.end('snapshot');
    return { members, removed, headHash };
  });
}
