import { renameSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { createCommandError } from '../command-error.ts';
import { type AskNode, planRaftToQbft } from '../network/raft-to-qbft.ts';
import { parseInteger, readJsonFile } from '../options.ts';

interface RaftToQbftFlags {
  readonly genesis: string;
  readonly rpc: string;
  readonly block: string;
  readonly blockPeriod: number;
  readonly requestTimeout: number;
  readonly output?: string;
}

/** Calls of a node's JSON-RPC. @throws RPC_FAILED */
function askBy(url: string): AskNode {
  return async <Result>(method: string, ...params: readonly unknown[]): Promise<Result> => {
    const fail = (reason: string): never => {
      throw createCommandError('RPC_FAILED', `${method} at ${url}: ${reason}`, { url, method });
    };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body }).catch((error: unknown) => fail(String(error)));
    const answer = (await response.json()) as { result?: Result; error?: { message: string } };
    if (answer.error !== undefined) return fail(answer.error.message);
    return answer.result as Result;
  };
}

/** `isoquorum migrate`: moves a network from one kind of consensus to another, with its history. */
export function addMigrateCommand(program: Command): void {
  const migrate = program.command('migrate').description('move a network to another consensus, with its history');
  migrate
    .command('raft-to-qbft')
    .description('write the genesis file with which all members of a Raft network go on by QBFT from a block on')
    .requiredOption('--genesis <file>', 'genesis.json of the network')
    .requiredOption('--rpc <url>', 'JSON-RPC of any member: its voting members become the validators')
    .requiredOption(
      '--block <number>',
      'first block of QBFT, or +n after the head; all members must be restarted before',
    )
    .option('--block-period <seconds>', 'seconds between blocks', parseInteger('block-period', 1, 3_600), 1)
    .option('--request-timeout <seconds>', 'of the first round', parseInteger('request-timeout', 1, 3_600), 4)
    .option('--output <file>', 'where to write it; default: in place of --genesis')
    .action(async (flags: RaftToQbftFlags) => {
      const plan = await planRaftToQbft({
        genesis: readJsonFile('--genesis', flags.genesis) as Record<string, unknown>,
        block: flags.block,
        blockPeriodSeconds: flags.blockPeriod,
        requestTimeoutSeconds: flags.requestTimeout,
        ask: askBy(flags.rpc),
      });
      const output = flags.output ?? flags.genesis;
      writeFileSync(`${output}.new`, `${JSON.stringify(plan.genesis, null, 2)}\n`);
      renameSync(`${output}.new`, output);
      console.log(
        `${output}: QBFT from block ${plan.block} on (head now: ${plan.head}), with ${plan.validators.length} validators:\n` +
          `${plan.validators.map((address) => `  ${address}`).join('\n')}\n` +
          `Give this file to every node, and start each of them again before block ${plan.block - 1}.`,
      );
    });
}
