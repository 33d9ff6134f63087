import { activePrecompiles } from '../evm/precompile-range.ts';
import { State } from '../state/state.ts';
import { createTrieReader } from '../state/trie-reader.ts';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { hexToBytes, bytesToHex } from '@isoquorum/primitives/hex';
import { addressOf } from './addresses.ts';
import { engines } from './engines.ts';
import { knownContracts } from './random-program.ts';
import { createTestDatabase, testBlock, testMessage, testRules } from './states.ts';
import { DualHost } from '../evm/host.ts';
const forkNames = ['isHomestead', 'isEip150', 'isEip158', 'isByzantium', 'isConstantinople', 'isPetersburg', 'isIstanbul', 'isBerlin', 'isLondon', 'isParis', 'isShanghai', 'isCancun'] as const;
const test = (0, eval)(`(${process.argv[2]})`);
const sender = addressOf(1);
const traces: string[][] = [];
for (const e of engines) {
  const state = new State(createTrieReader(createTestDatabase(), emptyTrieRoot));
  state.setBalance(sender, 1000n);
  test.codes.forEach((code: string, i: number) => { const a = knownContracts[i]!; state.setCode(a, hexToBytes(`0x${code}`)); state.setNonce(a, 1n); state.setBalance(a, 5n); state.setStorage(a, 1n, 7n); state.setStorage(a, 2n, BigInt(i + 1)); });
  state.finalise(false);
  const rules = { ...testRules(Object.fromEntries(forkNames.map((n, i) => [n, i <= test.fork]))), isQuorum: test.isQuorum };
  const host = new DualHost(testBlock({ rules, baseFee: 7n, ...(rules.isParis ? { randomness: new Uint8Array(32).fill(9) } : {}), blockHash: (n) => (n < 0 ? undefined : new Uint8Array(32).fill(n)) }), { origin: sender, gasPrice: 3n }, state, state);
  for (const a of [sender, knownContracts[0]!, ...activePrecompiles(rules)]) state.accessAddress(a);
  const lines: string[] = [];
  const tracer = { step: (s: any) => lines.push(`${s.depth} pc${s.pc} op${s.opcode.toString(16)} gas ${s.gasLeft} cost ${s.gasCost} stack ${s.stack().slice(-4).map((x: bigint) => x.toString(16)).join(',')}`), leave: (m: any, r: any) => lines.push(`leave ${m.kind} d${m.depth} ${r.status} ${r.gasLeft} ${r.error} ${bytesToHex(r.output).slice(0, 40)}`) };
  const r = await e.create().run(host, testMessage(sender, test.isCreation ? undefined : knownContracts[0]!, test.isCreation ? hexToBytes(`0x${test.codes[0]}`) : test.input, test.gas, test.value), process.argv[3] ? {} : { tracer });
  console.log(e.name, r.status, r.gasLeft, r.error, bytesToHex(r.output), 'refund', state.refund);
  traces.push(lines);
}
const [a, b] = traces.map((t) => t.filter((l) => !l.includes(" op0 ")).map((l) => l.replace(/ cost \S+/, ""))) as [string[], string[]];
for (let i = 0; i < Math.max(a.length, b.length); i++) if (a[i] !== b[i]) { console.log('step', i, '\n prev', a[i - 1], '\n ref ', a[i], '\n fast', b[i], '\n next ref ', a[i + 1], '\n next fast', b[i + 1]); break; }
