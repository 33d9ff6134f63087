import { Buffer } from 'node:buffer';

/**
 * Creation code written by hand. `Counter`: `get()` 0x6d4ce63c, `set(uint256)` 0x60fe47b1, event `Changed(address indexed who, uint256 newValue)`,
 * constructor `(uint256)`. `set(13)` reverts with `unlucky number`.
 */
export const counterAbi = [
  { type: 'constructor', stateMutability: 'nonpayable', inputs: [{ name: 'initial', type: 'uint256' }] },
  { type: 'function', name: 'get', stateMutability: 'view', inputs: [], outputs: [{ name: '', type: 'uint256' }] },
  {
    type: 'function',
    name: 'set',
    stateMutability: 'nonpayable',
    inputs: [{ name: 'value', type: 'uint256' }],
    outputs: [],
  },
  {
    type: 'event',
    name: 'Changed',
    anonymous: false,
    inputs: [
      { name: 'who', type: 'address', indexed: true },
      { name: 'newValue', type: 'uint256', indexed: false },
    ],
  },
] as const;

/** keccak256("Changed(address,uint256)"), filled in by {@link counterBytecode}. */
export type ChangedTopic = string;

function word(hex: string): string {
  return hex.padStart(64, '0');
}

function push(hex: string): string {
  return (0x5f + hex.length / 2).toString(16) + hex;
}

/** Assembles with labels: `@name` is two bytes of the place of `:name` (a JUMPDEST). */
function assemble(parts: readonly string[]): string {
  const places = new Map<string, number>();
  let length = 0;
  for (const part of parts) {
    if (part.startsWith(':')) {
      places.set(part.slice(1), length);
      length += 1;
    } else length += part.startsWith('@') ? 3 : part.length / 2;
  }
  return parts
    .map((part) => {
      if (part.startsWith(':')) return '5b';
      if (part.startsWith('@')) return push((places.get(part.slice(1)) ?? 0).toString(16).padStart(4, '0'));
      return part;
    })
    .join('');
}

/** @param changedTopic keccak256 of the event's signature, 64 hex digits */
export function counterBytecode(changedTopic: ChangedTopic): `0x${string}` {
  const reason = Buffer.from('unlucky number').toString('hex');
  const runtime = assemble([
    push('00'),
    '35',
    push('e0'),
    '1c', // selector
    '80',
    push('6d4ce63c'),
    '14',
    '@get',
    '57',
    push('60fe47b1'),
    '14',
    '@set',
    '57',
    push('00'),
    push('00'),
    'fd',
    ':get',
    push('00'),
    '54',
    push('00'),
    '52',
    push('20'),
    push('00'),
    'f3',
    ':set',
    push('04'),
    '35',
    '80',
    push('0d'),
    '14',
    '@unlucky',
    '57',
    '80',
    push('00'),
    '55', // store
    push('00'),
    '52',
    '33',
    push(changedTopic),
    push('20'),
    push('00'),
    'a2',
    '00',
    ':unlucky',
    push('08c379a0'),
    push('e0'),
    '1b',
    push('00'),
    '52',
    push('20'),
    push('04'),
    '52',
    push('0e'),
    push('24'),
    '52',
    push(reason.padEnd(64, '0')),
    push('44'),
    '52',
    push('64'),
    push('00'),
    'fd',
  ]);
  const size = (runtime.length / 2).toString(16).padStart(4, '0');
  // The constructor's word stands behind the code: store it, then give back the runtime.
  const head = (total: number): string =>
    [
      push('20'),
      push('20'),
      '38',
      '03',
      push('00'),
      '39',
      push('00'),
      '51',
      push('00'),
      '55',
      push(size),
      push(total.toString(16).padStart(4, '0')),
      push('00'),
      '39',
      push(size),
      push('00'),
      'f3',
    ].join('');
  const headSize = head(0).length / 2;
  return `0x${head(headSize)}${runtime}`;
}

/** The constructor's argument, to stand behind the code. */
export function encodeUint(value: bigint | number): string {
  return word(value.toString(16));
}
