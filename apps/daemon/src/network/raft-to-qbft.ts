import { createGenesisBlock } from '@isoquorum/node/chain/genesis-block';
import { raftEndBlock, selectEngine } from '@isoquorum/primitives/genesis/bft-config';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { bareHexToBytes, bytesToHex, compareBytes } from '@isoquorum/primitives/hex';
import { publicKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { createCommandError } from '../command-error.ts';

/** What is asked of a running member. */
export type AskNode = <Result>(method: string, ...params: readonly unknown[]) => Promise<Result>;

export interface RaftToQbftChoices {
  /** genesis.json, parsed. */
  readonly genesis: Readonly<Record<string, unknown>>;
  /** First block of QBFT: a number, or `+n` blocks after the head of the node that is asked. */
  readonly block: string;
  readonly blockPeriodSeconds: number;
  readonly requestTimeoutSeconds: number;
  /** Any member that runs. */
  readonly ask: AskNode;
}

export interface RaftToQbft {
  /** The genesis file with the transition; the genesis block is the same. */
  readonly genesis: Readonly<Record<string, unknown>>;
  readonly block: number;
  readonly head: number;
  readonly validators: readonly string[];
}

interface MemberRow {
  readonly nodeId: string;
  readonly role: string;
}

function refuse(message: string, fields: Readonly<Record<string, unknown>>): never {
  throw createCommandError('MIGRATION_REFUSED', message, fields);
}

function blockOf(text: string, head: number): number {
  const match = /^(\+?)(\d+)$/.exec(text);
  if (match === null) refuse(`--block takes a number, or +number, not "${text}"`, { text });
  const block = match[1] === '+' ? head + Number(match[2]) : Number(match[2]);
  if (block < head + 2) refuse(`block ${block} is too near: the head is ${head}`, { block, head });
  return block;
}

/**
 * The genesis file with which all members go on by QBFT from a block on: the members that vote now become validators.
 * @throws MIGRATION_REFUSED when the chain is not Raft's, is another than the node's, moves already, or the block has passed
 */
export async function planRaftToQbft(choices: RaftToQbftChoices): Promise<RaftToQbft> {
  const { ask } = choices;
  const before = parseGenesis(choices.genesis);
  if (selectEngine(before.config) !== undefined) refuse('the genesis names an engine: this is no Raft chain', {});
  const end = raftEndBlock(before.config);
  if (end !== undefined) refuse(`the chain leaves Raft at block ${end} already`, { block: end });
  const first = await ask<{ readonly hash: string }>('eth_getBlockByNumber', '0x0', false);
  const hash = bytesToHex(createGenesisBlock(before).hash);
  if (first.hash !== hash)
    refuse('the node runs another chain than the genesis file', { node: first.hash, file: hash });
  const head = Number(await ask<string>('eth_blockNumber'));
  const block = blockOf(choices.block, head);
  const rows = await ask<readonly MemberRow[]>('raft_cluster');
  const validators = rows
    .filter(({ role }) => role === 'minter' || role === 'verifier')
    .map(({ nodeId }) => publicKeyToAddress(bareHexToBytes(nodeId)))
    .toSorted(compareBytes)
    .map((address) => bytesToHex(address));
  if (validators.length === 0) refuse('the node is in no cluster with a leader', {});
  const config = choices.genesis['config'] as Readonly<Record<string, unknown>>;
  const transition = {
    block,
    algorithm: 'qbft',
    validators,
    blockperiodseconds: choices.blockPeriodSeconds,
    requesttimeoutseconds: choices.requestTimeoutSeconds,
    epochlength: 30_000,
  };
  const others = (config['transitions'] as readonly { readonly block?: number }[] | undefined) ?? [];
  const transitions = [...others, transition].toSorted((left, right) => (left.block ?? 0) - (right.block ?? 0));
  const genesis = { ...choices.genesis, config: { ...config, transitions } };
  parseGenesis(genesis);
  return { genesis, block, head, validators };
}
