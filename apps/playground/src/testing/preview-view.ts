import type { BlockView, DirectoryEntryView, ParticipantView } from '@isoquorum/participant/participant-view';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import readyMade from '../contracts/ready-made.json' with { type: 'json' };

const hex = (seed: number, bytes: number): string =>
  `0x${Array.from({ length: bytes }, (_, index) => ((seed * 37 + index * 61 + seed * index) & 255).toString(16).padStart(2, '0')).join('')}`;
const validators = [1, 2, 3, 4].map((index) => hex(index, 20));
const storageHash = bytesToHex(keccak256(hexToBytes(readyMade.contracts.SimpleStorage.deployedBytecode)));
const keys = [
  'BULeR8JyUWhiuuCMU/HLA0Q5pzkYT+cHII3ZKBey3Bo=',
  'QfeDAys9MPDs2XHExtc84jKGHxZg/aj52DTh0vtA3Xc=',
  '1iTZde/ndBHvzhcl7V68x44Vx7pl8nwx9LqnM/AfJUg=',
  'R1fOFUfzBbSVaXEYecrlo9rENW0dam0kmaA2pasGM14=',
];

function party(
  enclaveKey: string,
  name: string,
  kind: 'node' | 'page',
  trust: DirectoryEntryView['trust'] = 'verified',
): DirectoryEntryView {
  return {
    enclaveKey,
    name,
    kind,
    trust,
    detail: 'Signed by its node key.',
    route: kind === 'page' ? 'direct' : 'home',
    peerId: undefined,
  };
}

/** A believable view for the design preview. */
export function previewView(nowSeconds: number): Partial<ParticipantView> {
  const blocks: BlockView[] = Array.from({ length: 8 }, (_, index) => ({
    number: 1284 - index,
    hash: hex(90 + index, 32),
    timestamp: nowSeconds - index,
    round: index === 5 ? 1 : 0,
    proposer: validators[(4 - index + 8) % 4] as string,
    sealers: index % 3 === 1 ? validators.slice(0, 3) : validators,
    validatorCount: 4,
    quorum: 3,
    transactionCount: index === 2 ? 3 : 0,
    privateCount: index === 2 ? 2 : 0,
  }));
  const storageAddress = hex(200, 20);
  return {
    phase: 'ready',
    activity: undefined,
    network: {
      chainId: '1337',
      genesisHash: hex(7, 32),
      consensus: 'QBFT',
      blockPeriodSeconds: 1,
      quorum: 3,
      quorumWarning: undefined,
    },
    head: {
      number: 1284,
      hash: hex(90, 32),
      timestamp: nowSeconds,
      mark: 'verified',
      code: 'FULL_QUORUM',
      reason: '4 of 4 validators sealed this block; 3 are needed. Checked here, and two validators agree on it.',
    },
    blocks,
    refusals: [
      {
        number: 1201,
        hash: hex(77, 32),
        peer: '16Uiu2HAm3xYq',
        code: 'QUORUM_NOT_REACHED',
        reason: 'A header with 2 of 4 seals was offered; 3 are needed.',
        at: nowSeconds * 1000 - 83_000,
      },
    ],
    validators: validators.map((address, index) => ({
      address,
      name: `node${index + 1}`,
      connected: index < 2,
      lastProposed: 1284 - index,
      lastSealed: index === 3 ? 1280 : 1284,
    })),
    peers: [
      {
        id: '16Uiu2HAmPLe7Mzm8TsYUubgCAW1aJoeFScxrLj8ppHFivPo97bUZ',
        role: 'node',
        name: 'node1',
        address: validators[0],
        transport: 'ws',
        direction: 'outbound',
        enclaveKey: keys[0],
        head: 1284,
      },
      {
        id: '16Uiu2HAm2sYUubgCAW1aJoeFScxrLj8ppHFivPo97bUZPLe7Mzm8',
        role: 'node',
        name: 'node2',
        address: validators[1],
        transport: 'ws',
        direction: 'outbound',
        enclaveKey: keys[1],
        head: 1284,
      },
      {
        id: '12D3KooWHivPo97bUZPLe7Mzm8TsYUubgCAW1aJoeFScxrLj8ppH',
        role: 'browser',
        name: 'Ada',
        address: undefined,
        transport: 'webrtc',
        direction: 'inbound',
        enclaveKey: keys[3],
        head: 0,
      },
    ],
    party: {
      peerId: '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5',
      enclaveKey: keys[2] as string,
      accounts: [{ address: hex(11, 20), nonce: '3' }],
      home: {
        peerId: '16Uiu2HAmPLe7Mzm8TsYUubgCAW1aJoeFScxrLj8ppHFivPo97bUZ',
        name: 'node1',
        url: 'http://127.0.0.1:9001/',
        state: 'registered',
        detail: undefined,
        received: 2,
      },
      statement: { sequence: 1, signedBy: '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5' },
      persistent: true,
      fresh: false,
    },
    directory: [
      party(keys[0] as string, 'node1', 'node'),
      party(keys[1] as string, 'node2', 'node', 'unsigned'),
      party(keys[3] as string, 'Ada', 'page'),
    ],
    privateHead: { number: 1284, root: hex(44, 32), state: 'following', detail: 'Executed in this page.' },
    contracts: [
      {
        address: storageAddress,
        private: true,
        blockNumber: 1282,
        creator: hex(11, 20),
        transactionHash: hex(60, 32),
        codeHash: storageHash,
        parties: [keys[2] as string, keys[0] as string],
      },
      {
        address: hex(201, 20),
        private: false,
        blockNumber: 1100,
        creator: hex(12, 20),
        transactionHash: hex(61, 32),
        codeHash: storageHash,
        parties: [],
      },
    ],
    transactions: [
      {
        hash: hex(63, 32),
        blockNumber: 1282,
        index: 1,
        from: hex(11, 20),
        to: storageAddress,
        nonce: '2',
        readability: 'party',
        mine: true,
        data: `0x60fe47b1${'2a'.padStart(64, '0')}`,
        payloadHash: 'pnx6…',
        parties: [keys[2] as string, keys[0] as string],
        status: 'success',
        revertReason: undefined,
        contractAddress: undefined,
        logs: [],
      },
      {
        hash: hex(62, 32),
        blockNumber: 1282,
        index: 0,
        from: hex(12, 20),
        to: undefined,
        nonce: '9',
        readability: 'stranger',
        mine: false,
        data: undefined,
        payloadHash: 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0',
        parties: [],
        status: undefined,
        revertReason: undefined,
        contractAddress: hex(33, 20),
        logs: [],
      },
      {
        hash: hex(61, 32),
        blockNumber: 1100,
        index: 0,
        from: hex(12, 20),
        to: undefined,
        nonce: '8',
        readability: 'public',
        mine: false,
        data: readyMade.contracts.SimpleStorage.bytecode,
        payloadHash: undefined,
        parties: [],
        status: undefined,
        revertReason: undefined,
        contractAddress: hex(201, 20),
        logs: [],
      },
    ],
    operations: [],
  };
}
