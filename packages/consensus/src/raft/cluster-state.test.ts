import { bareHexToBytes, bytesToBareHex } from '@isoquorum/primitives/hex';
import { describe, expect, test } from 'vitest';
import { decodeClusterState, decodeRaftAddress, encodeClusterState, encodeRaftAddress } from './cluster-state.ts';

const nodeId = bareHexToBytes(
  'ac6b1096ca56b9f6d004b779ae3728bf83f8e22453404cc3cef16a3d9b96608bc67c4b30db88e0a5a6c6390213f7acbe1153ff6d23ce57380104288ae19373ef',
);
const byIp = { raftId: 1, nodeId, host: '127.0.0.1', p2pPort: 21_000, raftPort: 50_401 };
const byName = { ...byIp, host: 'node1.example.com' };

// Computed from GoQuorum's source (goquorum.md G13).
const golden = {
  ip: 'f85a01b840ac6b1096ca56b9f6d004b779ae3728bf83f8e22453404cc3cef16a3d9b96608bc67c4b30db88e0a5a6c6390213f7acbe1153ff6d23ce57380104288ae19373ef9000000000000000000000ffff7f00000182520882c4e1',
  name: 'f85c01b840ac6b1096ca56b9f6d004b779ae3728bf83f8e22453404cc3cef16a3d9b96608bc67c4b30db88e0a5a6c6390213f7acbe1153ff6d23ce57380104288ae19373ef8082520882c4e1916e6f6465312e6578616d706c652e636f6d',
  snapshot:
    'f881f85cf85a01b840ac6b1096ca56b9f6d004b779ae3728bf83f8e22453404cc3cef16a3d9b96608bc67c4b30db88e0a5a6c6390213f7acbe1153ff6d23ce57380104288ae19373ef9000000000000000000000ffff7f00000182520882c4e1c103a00000000000000000000000000000000000000000000000000000000000000000',
};

describe("GoQuorum's addresses and snapshots", () => {
  test.each([
    ['an IP address', byIp, golden.ip],
    ['a host name', byName, golden.name],
  ])('with %s', (_, address, hex) => {
    expect(bytesToBareHex(encodeRaftAddress(address))).toBe(hex);
    expect(decodeRaftAddress(bareHexToBytes(hex))).toEqual(address);
  });

  test('a snapshot', () => {
    const state = { members: [byIp], removed: [3], headHash: new Uint8Array(32) };
    expect(bytesToBareHex(encodeClusterState(state))).toBe(golden.snapshot);
    expect(decodeClusterState(bareHexToBytes(golden.snapshot))).toEqual(state);
  });

  test('members of both kinds are all written by name', () => {
    const state = { members: [byIp, { ...byName, raftId: 2 }], removed: [], headHash: new Uint8Array(32) };
    expect(decodeClusterState(encodeClusterState(state))).toEqual(state);
  });
});
